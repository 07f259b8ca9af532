import {
  appendFileSync,
  copyFileSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { isTemporaryName } from "../../src/disk/write-file.ts";
import { isObject, type JsonObject, ownValue, parseJson } from "../../src/json.ts";
import { credentialsText } from "../support/claude-login.ts";
import { compiledProgram } from "../support/compiled-program.ts";
import { isShown } from "../support/link-mode.ts";
import { createSandbox, type Sandbox } from "../support/sandbox.ts";
import { setClock, steppedClock } from "../support/stepped-clock.ts";

export type StormOptions = {
  /** Decides what every claude does and which faults it meets; what runs at the same moment is the machine's choice. */
  readonly seed: number;
  /** Ends after that many starts of the shim, or after that much time, whatever comes first. */
  readonly starts: number;
  readonly milliseconds: number;
  readonly workers?: number;
  readonly weather?: Weather;
  /** Told how far it is, every few seconds. */
  readonly progress?: (text: string) => void;
};

/**
 * What comes over the disk and goes away again, every half second: the store is full, or the whole home can't be written. Both are mounts: this
 * process needs a mount namespace of its own.
 */
export type Weather = "full" | "read-only";

export type StormReport = {
  readonly figures: Readonly<Record<string, number>>;
  /** Acknowledged writes that are nowhere. */
  readonly lost: readonly string[];
  /** Everything else that must not be: a spent token used again, a leftover, an error that is not retry-safe. */
  readonly violations: readonly string[];
  /** Where everything still stands when something is wrong. */
  readonly kept: string | undefined;
};

const PROFILES = ["alpha", "beta", "gamma"] as const;
const HOME = "home";
const ACCOUNTS = { alpha: "A", beta: "B", gamma: "C", [HOME]: "H" } as const;
type Place = keyof typeof ACCOUNTS;

/**
 * Real time is scaled: Claude's locks count as left behind after 10 to 60 s; here every lock directory that nobody touched for
 * this long is made two minutes older, which is the same to everybody who looks at it. So who is stopped for longer than this
 * loses its locks.
 */
const STALE_MS = 1500;

type Storm = {
  readonly box: Sandbox;
  readonly options: StormOptions;
  /** Where the claudes note what they did, and where the token endpoint lives. */
  readonly notes: string;
  readonly started: number;
  readonly counts: Record<
    "starts" | "refused" | "killedShims" | "stoppedShims" | "agedLocks" | "clockSteps" | "badWeather",
    number
  >;
  readonly violations: string[];
};

/** Runs the storm, lets it end, starts each profile once more in peace, and looks for everything that was acknowledged. */
export async function runStorm(options: StormOptions): Promise<StormReport> {
  const storm = createStorm(options);
  const aging = setInterval(() => ageLocks(storm, STALE_MS), 500);
  const random = randomNumbers(options.seed * 1013);
  const setting = setInterval(() => stepClock(storm, random), 1500);
  const telling = setInterval(() => options.progress?.(`${storm.counts.starts} starts`), 10_000);
  const changing = setInterval(() => changeWeather(storm, random() < 0.5), 500);
  try {
    const workers = Array.from({ length: options.workers ?? 12 }, (_, index) => work(storm, index));
    await Promise.all(workers);
  } finally {
    clearInterval(aging);
    clearInterval(setting);
    clearInterval(telling);
    clearInterval(changing);
    changeWeather(storm, false);
  }
  await calm(storm);
  return judge(storm);
}

function createStorm(options: StormOptions): Storm {
  const box = createSandbox({ claude: compiledProgram(join(import.meta.dir, "storm-claude.c")) });
  keepShim(box, options.weather);
  const notes = join(box.root, "storm");
  mkdirSync(notes);
  setClock(join(notes, "clock"), 0);
  for (const account of Object.values(ACCOUNTS)) writeFileSync(join(notes, `server-${account}`), "1\n");
  for (const profile of PROFILES) box.addProfile(profile, { account: ACCOUNTS[profile] });
  box.write(".claude/.credentials.json", credentialsText({ account: ACCOUNTS[HOME] }), 0o600);
  box.write(
    ".claude/settings.json",
    JSON.stringify({ theme: "dark", permissions: { deny: ["Read(secret)"] } }),
  );
  box.write(".claude/CLAUDE.md", "first");
  mkdirSync(join(box.home, ".claude", "projects", "p"), { recursive: true });
  const counts = {
    starts: 0,
    refused: 0,
    killedShims: 0,
    stoppedShims: 0,
    agedLocks: 0,
    clockSteps: 0,
    badWeather: 0,
  };
  return { box, options, notes, started: performance.now(), counts, violations: [] };
}

/** A copy of its own, because the cache of executables keeps the newest few alone. */
function keepShim(box: Sandbox, weather: Weather | undefined): void {
  const shim = join(box.store, "bin", "claude");
  copyFileSync(shim, join(box.root, "shim"));
  rmSync(shim);
  if (weather === "full") mount("-t", "tmpfs", "-o", "size=4m,mode=700", "tmpfs", box.store);
  if (weather === "read-only") {
    mkdirSync(readOnly(box));
    mount("--bind", box.home, readOnly(box));
    mount("-o", "remount,bind,ro", readOnly(box));
  }
  mkdirSync(join(box.store, "bin"), { recursive: true });
  symlinkSync(join(box.root, "shim"), shim);
}

function changeWeather({ box, counts, options }: Storm, isBad: boolean): void {
  const filler = join(box.store, "filler");
  if (options.weather === "full") {
    rmSync(filler, { force: true });
    if (isBad) fill(filler);
  }
  if (options.weather === "read-only") {
    Bun.spawnSync(["umount", "--lazy", box.home]);
    if (isBad) mount("--bind", readOnly(box), box.home);
  }
  if (options.weather !== undefined && isBad) counts.badWeather += 1;
}

/** Where the home is seen without being writable. */
function readOnly(box: Sandbox): string {
  return join(box.root, "read-only");
}

function fill(path: string): void {
  try {
    for (;;) appendFileSync(path, Buffer.alloc(4096));
  } catch {
    // It is full.
  }
}

function mount(...words: readonly string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(["mount", ...words]);
  if (exitCode !== 0) throw new Error(`mount ${words.join(" ")}: ${stderr}`);
}

/** One user who starts claude again and again, under one profile or another. */
async function work(storm: Storm, index: number): Promise<void> {
  const { options, counts } = storm;
  const random = randomNumbers(options.seed * 1009 + index);
  for (let serial = 1000; ; serial += 1000) {
    const over = performance.now() - storm.started > options.milliseconds || counts.starts >= options.starts;
    if (over) return;
    const place = random() < 0.08 ? HOME : (PROFILES[Math.floor(random() * PROFILES.length)] ?? "alpha");
    const isLong = random() < 0.1;
    const length = Math.floor(isLong ? 21 + random() * 30 : random() * 7);
    const dying = random() < 0.5 ? 0 : 15;
    const arguments_ = [Math.floor(random() * 2 ** 31), length, dying, `w${index}`, serial].map(String);
    if (place !== HOME) counts.starts += 1;
    const call = begin(storm, place, arguments_);
    const fate = random();
    if (place !== HOME && fate < 0.08) setTimeout(() => kill(storm, call), random() * 150);
    if (place !== HOME && fate > 0.92) {
      const [after, length] = [random() * 150, random() * 2 * STALE_MS];
      setTimeout(() => stop(storm, call, length), after);
    }
    await ended(storm, call, `${place} ${arguments_.join(" ")}`);
  }
}

type Call = Bun.Subprocess<"ignore", "pipe", "pipe">;

/** Plain claude knows nothing of the shim. */
function begin({ box, notes }: Storm, place: Place, args: readonly string[]): Call {
  const profile = place === HOME ? {} : { CLAUTH_PROFILE: place };
  const program = place === HOME ? box.claude : join(box.store, "bin", "claude");
  return Bun.spawn([program, ...args], {
    // Beside the home, which a mount may cover.
    cwd: box.root,
    env: {
      ...box.env,
      ...profile,
      ...steppedClock(join(notes, "clock")),
      STORM: notes,
      CLAUTH_ERROR_FORMAT: "json",
    },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}

function kill({ counts }: Storm, call: Call): void {
  if (call.exitCode !== null || call.signalCode !== null) return;
  counts.killedShims += 1;
  call.kill("SIGKILL");
}

function stop({ counts }: Storm, call: Call, milliseconds: number): void {
  if (call.exitCode !== null || call.signalCode !== null) return;
  counts.stoppedShims += 1;
  call.kill("SIGSTOP");
  setTimeout(() => call.kill("SIGCONT"), milliseconds);
}

/** The end of its output is the end of claude too, which outlives a killed shim. */
async function ended({ counts, options, violations }: Storm, call: Call, what: string): Promise<void> {
  const [stdout, stderr] = await Promise.all([call.stdout.text(), call.stderr.text()]);
  await call.exited;
  const complain = (text: string) => violations.push(`${what}: ${text}`);
  if (stdout !== "") complain(`stdout: ${stdout}`);
  if (/\bE(NOSPC|ROFS|IO|ACCES|PERM|BUSY|MFILE|STALE|NOENT|EXIST)\b|unexpected|internal|sk-ant/.test(stderr))
    complain(stderr);
  if (call.exitCode === 0 || call.signalCode === "SIGKILL") return;
  const refusal = stderr.split("\n").map((line) => parseJson(new TextEncoder().encode(line)));
  const error = refusal.flatMap((one) => (isObject(one) ? [ownValue(one, "error")] : [])).at(-1);
  const { kind, hint, retry_safe } = isObject(error) ? error : {};
  const isOfWeather = options.weather !== undefined && OF_WEATHER[options.weather].has(kind);
  if (typeof hint === "string" && (retry_safe === true || isOfWeather)) counts.refused += 1;
  else complain(`${call.exitCode ?? call.signalCode}: ${stderr}`);
}

/** One that is stopped between two calls of a realpath, while a mount goes away, has a path of nowhere after it: there is no profile. */
const OF_WEATHER: Readonly<Record<Weather, ReadonlySet<unknown>>> = {
  full: new Set(["store_full"]),
  "read-only": new Set(["store_read_only", "unknown_profile"]),
};

function ageLocks({ box, counts }: Storm, staleMs: number): void {
  const trees = PROFILES.map((profile) => box.profile(profile, "runtime"));
  const directories = [
    box.home,
    join(box.home, ".claude"),
    ...trees,
    ...trees.map((tree) => join(tree, "..")),
  ];
  for (const directory of directories.filter((path) => existsSync(path))) {
    for (const name of readdirSync(directory).filter((name) => name.endsWith(".lock"))) {
      const path = join(directory, name);
      const stat = lstatSync(path, { throwIfNoEntry: false });
      if (stat?.isDirectory() !== true) continue;
      // Touched by a process whose clock was off, a lock has a time of that clock; only the kernel says when that was.
      const untouched = Date.now() - stat.ctimeMs;
      if (untouched < staleMs || Date.now() - stat.mtimeMs > 60_000) continue;
      const then = new Date(Date.now() - 120_000);
      try {
        utimesSync(path, then, then);
        counts.agedLocks += 1;
      } catch {
        // Given back in this very moment.
      }
    }
  }
}

/** Some hours forward or back for everybody, and right again half of the time. */
function stepClock({ notes, counts }: Storm, random: () => number): void {
  setClock(join(notes, "clock"), random() < 0.5 ? 0 : random() * 20 - 10);
  counts.clockSteps += 1;
}

/** Everything that stands open is finished: each place does one of everything, then nothing, in peace. */
async function calm(storm: Storm): Promise<void> {
  // An hour later what a killed shim left is swept: nobody can set all times of a file.
  setClock(join(storm.notes, "clock"), 1);
  ageLocks(storm, 0);
  const places: readonly Place[] = [HOME, ...PROFILES];
  for (const [round, dying] of ["-1", "0", "0"].entries()) {
    for (const place of places) {
      const call = begin(storm, place, [String(round + 1), "0", dying, "calm", "1"]);
      await ended(storm, call, `calm ${place} ${round}`);
      if (call.exitCode !== 0)
        storm.violations.push(`the calm after the storm: ${place} ended with ${call.exitCode}`);
    }
  }
}

function judge(storm: Storm): StormReport {
  const { box, counts, notes } = storm;
  const acknowledged = linesOf(join(notes, "acknowledged"));
  const [faults, waits] = [linesOf(join(notes, "faults")), linesOf(join(notes, "waits"))];
  const lost = acknowledgedButLost(box, acknowledged);
  const violations = [...storm.violations, ...linesOf(join(notes, "violations")), ...wrongAtTheEnd(storm)];
  const good = lost.length === 0 && violations.length === 0;
  if (!good) cpSync(box.store, join(box.root, "store"), { recursive: true, verbatimSymlinks: true });
  for (const path of [box.store, readOnly(box)])
    if (storm.options.weather !== undefined) Bun.spawnSync(["umount", "--lazy", path]);
  if (good) box.close();
  return {
    figures: {
      seed: storm.options.seed,
      seconds: Math.round((performance.now() - storm.started) / 1000),
      ...counts,
      acknowledged: acknowledged.length,
      refreshes: acknowledged.filter((line) => line.startsWith("token ")).length,
      killsFromInside: faults.filter((line) => line.startsWith("kill ")).length,
      oddTimes: faults.filter((line) => !line.startsWith("kill ")).length,
      longestWaitMs: waits.reduce((most, line) => Math.max(most, Number(line)), 0),
      lost: lost.length,
    },
    lost: lost.slice(0, 20),
    violations: violations.slice(0, 20),
    kept: good ? undefined : box.root,
  };
}

/** A number may have been written once more by a claude that was killed before it could acknowledge that. */
function acknowledgedButLost(box: Sandbox, acknowledged: readonly string[]): readonly string[] {
  const numbers = new Map<string, number>();
  const lines = new Map<string, string[]>();
  const lost: string[] = [];
  for (const line of acknowledged) {
    const [kind = "", owner = "", name = "", ...rest] = line.split(" ");
    if (kind === "document" || kind === "settings") numbers.set(`${kind} ${name}`, Number(rest[0]));
    if (kind === "line") lines.set(name, [...(lines.get(name) ?? []), rest.join(" ")]);
    const isNew = kind === "file" && name !== "CLAUDE.md";
    if (isNew && textOf(join(box.home, ".claude", name)) !== rest.join(" ")) lost.push(`${owner}: ${line}`);
  }
  for (const [name, path] of documentsOf(box)) {
    const document = readObject(path);
    for (const [key, value] of numbers) {
      const [kind, number] = key.split(" ");
      const found = ownValue(document, number ?? "");
      if (kind === name && !(typeof found === "number" && found >= value))
        lost.push(`${path}: ${number} is ${found}, not ${value}`);
    }
  }
  for (const [name, wanted] of lines) {
    const counts = new Map<string, number>();
    for (const line of linesOf(join(box.home, ".claude", name)))
      counts.set(line, (counts.get(line) ?? 0) + 1);
    for (const line of wanted)
      if (counts.get(line) !== 1) lost.push(`${name}: ${line} stands ${counts.get(line) ?? 0} times`);
  }
  return lost;
}

function documentsOf(box: Sandbox): readonly (readonly [string, string])[] {
  const trees = PROFILES.map((profile) => box.profile(profile, "runtime"));
  return [
    ["document", join(box.home, ".claude.json")],
    ["settings", join(box.home, ".claude", "settings.json")],
    ...trees.flatMap((tree) => [
      ["document", join(tree, ".claude.json")] as const,
      ["settings", join(tree, "settings.json")] as const,
    ]),
  ];
}

function wrongAtTheEnd({ box, notes }: Storm): readonly string[] {
  const wrong: string[] = [];
  for (const profile of PROFILES) {
    const newest = textOf(join(notes, `server-${ACCOUNTS[profile]}`))?.trim();
    const canonical = textOf(box.profile(profile, "credentials.json")) ?? "(missing)";
    const token = /"refreshToken":"sk-ant-ort01-fake([A-Z])\.?(\d*)"/.exec(canonical);
    if (token?.[1] !== ACCOUNTS[profile] || (token[2] || "1") !== newest)
      wrong.push(
        `${profile}: the canonical login is ${token?.slice(1).join(".") ?? canonical}, the newest is ${newest}`,
      );
    const shown = box.profile(profile, "runtime/.credentials.json");
    if (!isShown(shown, box.profile(profile, "credentials.json")))
      wrong.push(`${shown} does not show the canonical login`);
    const records = readdirSync(box.profile(profile, "sessions"));
    if (records.length > 0) wrong.push(`records of ${profile} stay: ${records.join(" ")}`);
  }
  const settings = readObject(join(box.home, ".claude", "settings.json"));
  if (JSON.stringify(settings["permissions"]) !== '{"deny":["Read(secret)"]}')
    wrong.push("the deny rule is gone");
  for (const path of readdirSync(box.home, { recursive: true, encoding: "utf8" })) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const isLock =
      name.endsWith(".lock") && lstatSync(join(box.home, path), { throwIfNoEntry: false })?.isDirectory();
    if (isTemporaryName(name) || isLock) wrong.push(`left over: ${path}`);
  }
  return wrong;
}

/** Mulberry32: numbers from 0 to 1, the same for the same seed. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function readObject(path: string): JsonObject {
  const text = textOf(path);
  const value = text === undefined ? undefined : parseJson(new TextEncoder().encode(text));
  return isObject(value) ? value : {};
}

function linesOf(path: string): readonly string[] {
  return (textOf(path) ?? "").split("\n").filter((line) => line !== "");
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
