import { expect, setDefaultTimeout, test } from "bun:test";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { SHIM_MARKER } from "../../src/shim-marker.ts";
import { type FakeReport, fakeSteps, readReport, writeFakeClaude } from "../support/fake-claude.ts";
import { createFakeSandbox, type FakeSandbox } from "../support/fake-sandbox.ts";

/** Each world has sessions, which sync what they write: on a disk that others write to, too, that takes seconds. */
setDefaultTimeout(60_000);

/**
 * A call that no profile concerns becomes claude before most of us is loaded (`src/pass-through.ts`). It may never come out otherwise
 * than the long way, which CLAUTH_DEBUG=0 takes: that changes nothing else.
 */
type World = {
  readonly change?: (box: FakeSandbox) => void;
  readonly args?: readonly string[];
  readonly env?: (box: FakeSandbox) => Readonly<Record<string, string | undefined>>;
  readonly cwd?: (box: FakeSandbox) => string;
};

const storeWith = (name: string, text: string, mode = 0o600): World => ({
  change: (box) => box.write(join(box.store, name), text, mode),
});
const variables = (env: Readonly<Record<string, string | undefined>>): World => ({ env: () => env });
/** PATH with a directory of its own before all others. */
const before = (make: (directory: string, box: FakeSandbox) => void): World => ({
  change: (box) => {
    mkdirSync(join(box.root, "before"));
    make(join(box.root, "before"), box);
  },
  env: (box) => ({ PATH: `${join(box.root, "before")}:${box.env["PATH"]}` }),
});
const shimOf = (box: FakeSandbox) => {
  const shim = Bun.which("claude", { PATH: box.env["PATH"] ?? "" });
  if (shim === null) throw new Error("no shim on PATH");
  return shim;
};

const WORLDS: Readonly<Record<string, World>> = {
  "where nothing picks": {},
  "with arguments of all kinds": { args: ["-p", "", "two words", "--", "näme", "a\nb", "\u{1f600}"] },
  "with a slash command": { args: ["/help"] },
  "with the path of a claude as its first argument": { args: ["/nowhere/claude", "x"] },
  "in a directory with an rc file": { change: (box) => box.write("project/.clauthrc", "work\n") },
  "below an rc file": {
    change: (box) => {
      box.write("project/.clauthrc", "work\n");
      mkdirSync(join(box.project, "a/b"), { recursive: true });
    },
    cwd: (box) => join(box.project, "a/b"),
  },
  "in home, with an rc file": {
    change: (box) => box.write(join(box.home, ".clauthrc"), "work\n"),
    cwd: (box) => box.home,
  },
  "with an rc file above home": { change: (box) => box.write(join(box.root, ".clauthrc"), "work\n") },
  "with an rc file that names nobody": { change: (box) => box.write("project/.clauthrc", "nobody\n") },
  "with an rc file that is a dangling link": {
    change: (box) => symlinkSync("nowhere", join(box.project, ".clauthrc")),
  },
  "with an rc file that is a directory": { change: (box) => mkdirSync(join(box.project, ".clauthrc")) },
  "with a default": storeWith("clauth.toml", 'default = "work"\n'),
  "with a default that is mistyped": storeWith("clauth.toml", 'defualt = "work"\n'),
  "with a rule that matches": storeWith("clauth.toml", '[[rule]]\ndir = "/"\nprofile = "work"\n'),
  "with a rule for elsewhere": storeWith("clauth.toml", '[[rule]]\ndir = "/nowhere"\nprofile = "work"\n'),
  "with a configuration that everybody may write": storeWith("clauth.toml", "", 0o666),
  "with a configuration that is a dangling link": {
    change: (box) => symlinkSync("nowhere", join(box.store, "clauth.toml")),
  },
  "with a configuration that is a directory": { change: (box) => mkdirSync(join(box.store, "clauth.toml")) },
  "without a store": { change: (box) => rmSync(box.store, { recursive: true }) },
  "with a store that others may read": { change: (box) => chmodSync(box.store, 0o755) },
  "with a store that everybody may write": { change: (box) => chmodSync(box.store, 0o777) },
  "with a list of profiles that others may read": storeWith("profiles.toml", "", 0o644),
  "with a store that is a link": {
    change: (box) => {
      mkdirSync(join(box.root, "elsewhere"), { mode: 0o700 });
      rmSync(box.store, { recursive: true });
      symlinkSync("../elsewhere", box.store);
    },
  },
  "with a log directory that is a link": { change: (box) => symlinkSync("/tmp", join(box.store, "log")) },
  "with a lock that is a directory": {
    change: (box) => {
      rmSync(join(box.store, ".lock"), { force: true });
      mkdirSync(join(box.store, ".lock"), { mode: 0o700 });
    },
  },
  "with CLAUTH_PROFILE": variables({ CLAUTH_PROFILE: "work" }),
  "with an empty CLAUTH_PROFILE": variables({ CLAUTH_PROFILE: "" }),
  "with CLAUTH_PROFILE of nobody": variables({ CLAUTH_PROFILE: "nobody" }),
  "inside a claude of a profile": variables({ CLAUTH_ACTIVE_PROFILE: "work", CLAUDECODE: "1" }),
  "with a config directory of the user's own": variables({ CLAUDE_CONFIG_DIR: "/own" }),
  "with the config directory of a profile": {
    env: (box) => ({ CLAUDE_CONFIG_DIR: box.profile("work", "runtime") }),
  },
  "with an empty config directory": variables({ CLAUDE_CONFIG_DIR: "" }),
  "with the usual store named": { env: (box) => ({ CLAUTH_HOME: box.store }) },
  "with a store that is nowhere": variables({ CLAUTH_HOME: "/nowhere" }),
  "with another store": { env: (box) => ({ CLAUTH_HOME: join(box.root, "other") }) },
  "with another store, by way of what is not there": {
    change: (box) => {
      cpSync(box.store, join(box.root, "other"), { recursive: true, verbatimSymlinks: true });
      chmodSync(join(box.root, "other"), 0o700);
      box.write(join(box.root, "other/clauth.toml"), 'default = "work"\n', 0o600);
    },
    env: (box) => ({ CLAUTH_HOME: `${box.root}/nowhere/../other` }),
  },
  "with a store that is relative": variables({ CLAUTH_HOME: "other" }),
  "with the real claude named": { env: (box) => ({ CLAUTH_CLAUDE: box.claude }) },
  "with a real claude named that is gone": variables({ CLAUTH_CLAUDE: "/nowhere/claude" }),
  "with a guard of this claude": variables({ CLAUTH_GUARD: "2:/" }),
  "with a guard that is used up": variables({ CLAUTH_GUARD: "3:/" }),
  "with a guard of another claude": variables({ CLAUTH_GUARD: "3:7/x", CLAUDE_PID: "8" }),
  "with the bypass": { ...storeWith("clauth.toml", "not = = toml"), ...variables({ CLAUTH_BYPASS: "1" }) },
  "with the bypass and without a home": variables({ CLAUTH_BYPASS: "1", HOME: undefined }),
  "with a bypass that is none": { ...variables({ CLAUTH_BYPASS: "0", CLAUTH_PROFILE: "work" }) },
  "without a home": variables({ HOME: undefined }),
  "with a home that is relative": variables({ HOME: "home" }),
  "with a home that ends in a slash": { env: (box) => ({ HOME: `${box.home}/` }) },
  "in WSL": variables({ WSL_DISTRO_NAME: "Debian" }),
  "without PATH": variables({ PATH: "/nowhere" }),
  "with PATH of odd spellings": {
    env: (box) => ({
      PATH: `:.:relative:${dirname(box.claude)}/../${dirname(box.claude).split("/").at(-1)}/`,
    }),
  },
  "behind a claude that can't be executed": before((directory) => writeFileSync(`${directory}/claude`, "")),
  "behind a directory of that name": before((directory) => mkdirSync(`${directory}/claude`)),
  "behind a dangling link": before((directory) => symlinkSync("nowhere", `${directory}/claude`)),
  "behind a file in the place of a directory": {
    change: (box) => box.write(join(box.root, "before"), ""),
    env: (box) => ({ PATH: `${join(box.root, "before")}:${box.env["PATH"]}` }),
  },
  "behind a link to the shim": before((directory, box) => symlinkSync(shimOf(box), `${directory}/claude`)),
  "behind a copy of the shim": before((directory, box) => copyFileSync(shimOf(box), `${directory}/claude`)),
  "behind a script that is the shim": before((directory) =>
    writeFileSync(`${directory}/claude`, `#!/bin/sh\n# ${SHIM_MARKER}\nexit 9\n`, { mode: 0o755 }),
  ),
  "behind another claude": before((directory) => writeFakeClaude(`${directory}/claude`)),
  "behind a claude that is a clauth too": before((directory) => {
    writeFakeClaude(`${directory}/claude`);
    linkSync(`${directory}/claude`, `${directory}/clauth`);
  }),
  "beside a clauth of another make": {
    change: (box) => box.write(join(dirname(box.claude), "clauth"), "#!/bin/sh\n", 0o755),
  },
  "without a claude": { change: (box) => unlinkSync(box.claude) },
};

test.each(Object.keys(WORLDS))("%s the short way comes out as the long one", async (name) => {
  expect(await outcomeIn(WORLDS[name] ?? {}, {})).toEqual(
    await outcomeIn(WORLDS[name] ?? {}, { CLAUTH_DEBUG: "0" }),
  );
});

/** So does a call under a profile that CLAUTH_PROFILE names, whose last session left its tree at rest (`src/plain-call.ts`, `src/plain-profile.ts`). */
const NAMED_WORLDS: Readonly<Record<string, World>> = {
  "where nothing has to be judged": {},
  "with arguments of all kinds": { args: ["-p", "", "two words", "--", "näme", "a\nb", "\u{1f600}"] },
  "with the path of a claude as its first argument": { args: ["/nowhere/claude", "x"] },
  "with the usual store named": { env: (box) => ({ CLAUTH_HOME: box.store }) },
  "with a home that ends in a slash": { env: (box) => ({ HOME: `${box.home}/` }) },
  "with a home that is relative": variables({ HOME: "home" }),
  "without a home": variables({ HOME: undefined }),
  "in home": { cwd: (box) => box.home },
  "in the root": { cwd: () => "/" },
  "with another profile's name in other letters": variables({ CLAUTH_PROFILE: "Work" }),
  "with the name of nobody": variables({ CLAUTH_PROFILE: "nobody" }),
  "with a name that leads elsewhere": variables({ CLAUTH_PROFILE: "../profiles/work" }),
  "with no name": variables({ CLAUTH_PROFILE: "" }),
  "with the untouched claude": variables({ CLAUTH_PROFILE: "system" }),
  "with a configuration": storeWith("clauth.toml", "quiet = true\n"),
  "with a configuration that is mistyped": storeWith("clauth.toml", "quite = true\n"),
  "with a store that others may read": { change: (box) => chmodSync(box.store, 0o755) },
  "with a login that others may read": {
    change: (box) => chmodSync(box.profile("work", "credentials.json"), 0o644),
  },
  "with a login that everybody may write": {
    change: (box) => chmodSync(box.profile("work", "credentials.json"), 0o666),
  },
  "with a store of another tool": storeWith("folders.json", "{}"),
  "with a profile that is configured": storeWith("profiles/work/config.toml", '[env]\nA = "b"\n'),
  "with a profile that is not configured well": storeWith("profiles/work/config.toml", "env = 1\n"),
  "with an rc file for somebody else": { change: (box) => box.write("project/.clauthrc", "nobody\n") },
  "with an API key": variables({ ANTHROPIC_API_KEY: "sk-ant-api01-fake" }),
  "with a provider": variables({ CLAUDE_CODE_USE_BEDROCK: "1" }),
  "with an empty identity": variables({ ANTHROPIC_AUTH_TOKEN: "" }),
  "inside a claude of a profile": variables({ CLAUTH_ACTIVE_PROFILE: "work", CLAUDECODE: "1" }),
  "inside a claude of ours": {
    env: (box) => ({ CLAUDE_CONFIG_DIR: box.profile("work", "runtime"), CLAUTH_ACTIVE_PROFILE: "work" }),
  },
  "with a config directory of the user's own": variables({ CLAUDE_CONFIG_DIR: "/own" }),
  "with a guard that is used up": variables({ CLAUTH_GUARD: "3:/" }),
  "with the real claude named": { env: (box) => ({ CLAUTH_CLAUDE: box.claude }) },
  "with a link mode that is none": variables({ CLAUTH_LINK_MODE: "hardlink" }),
  "with copies asked for": variables({ CLAUTH_LINK_MODE: "copy" }),
  "in WSL": variables({ WSL_DISTRO_NAME: "Debian" }),
  "without a claude": { change: (box) => unlinkSync(box.claude) },
  "with settings of the project that beat the login": {
    change: (box) => box.write("project/.claude/settings.json", '{"apiKeyHelper":"x"}'),
  },
  "with local settings that beat the login": {
    change: (box) => box.write("project/.claude/settings.local.json", '{"env":{"ANTHROPIC_API_KEY":"x"}}'),
  },
  "with settings of the project that say nothing of a login": {
    change: (box) => {
      box.write("project/.claude/settings.json", '{"permissions":{"allow":["Bash(ls)"]},"env":{"FOO":"1"}}');
      box.write("project/.claude/settings.local.json", '{"env":{"ANTHROPIC_API_KEY":""},"model":"opus"}');
    },
  },
  "with settings of the project that pick a profile inside": {
    change: (box) => box.write("project/.claude/settings.json", '{"env":{"CLAUTH_PROFILE":"play"}}'),
  },
  "with settings of the project that are no JSON": {
    change: (box) => box.write("project/.claude/settings.json", '{"apiKeyHelper":'),
  },
  "with settings of the project that are a directory": {
    change: (box) => mkdirSync(join(box.project, ".claude/settings.json"), { recursive: true }),
  },
  "with settings of the project that are a link to some that beat the login": {
    change: (box) => {
      box.write("elsewhere.json", '{"env":{"ANTHROPIC_BASE_URL":"http://localhost:1"}}');
      mkdirSync(join(box.project, ".claude"));
      symlinkSync(join(box.project, "..", "elsewhere.json"), join(box.project, ".claude/settings.json"));
    },
  },
  "with local settings of the repository above": {
    change: (box) => {
      mkdirSync(join(box.project, ".git"));
      mkdirSync(join(box.project, "a/b"), { recursive: true });
      box.write("project/.claude/settings.local.json", '{"apiKeyHelper":"x"}');
    },
    cwd: (box) => join(box.project, "a/b"),
  },
  "with local settings of the repository whose worktree this is": {
    change: (box) => {
      const main = join(box.root, "main");
      box.write(join(main, ".git/worktrees/project/commondir"), "../..\n");
      box.write("project/.git", `gitdir: ${main}/.git/worktrees/project\n`);
      box.write(join(main, ".claude/settings.local.json"), '{"apiKeyHelper":"x"}');
    },
  },
  "with local settings above, in no repository": {
    change: (box) => {
      mkdirSync(join(box.project, "a"));
      box.write("project/.claude/settings.local.json", '{"apiKeyHelper":"x"}');
    },
    cwd: (box) => join(box.project, "a"),
  },
  "with a federation of the SDK": {
    change: (box) =>
      box.write(
        join(box.home, ".config/anthropic/configs/default.json"),
        '{"authentication":{"type":"oidc_federation"}}',
      ),
  },
  "with a federation elsewhere": {
    change: (box) =>
      box.write(
        join(box.root, "xdg/anthropic/configs/default.json"),
        '{"authentication":{"type":"oidc_federation"}}',
      ),
    env: (box) => ({ XDG_CONFIG_HOME: join(box.root, "xdg") }),
  },
  "with a federation elsewhere, by way of what is not there": {
    change: (box) =>
      box.write(
        join(box.root, "xdg/anthropic/configs/default.json"),
        '{"authentication":{"type":"oidc_federation"}}',
      ),
    env: (box) => ({ XDG_CONFIG_HOME: `${box.root}/nowhere/../xdg` }),
  },
  "with settings at home that changed": {
    change: (box) => box.write(join(box.home, ".claude/settings.json"), '{"theme":"light"}'),
  },
  "with a tree that is gone": {
    change: (box) => rmSync(box.profile("work", "runtime"), { recursive: true }),
  },
  "with the record of a dead session": storeWith("profiles/work/sessions/1-dead", "{}"),
  "with sessions that are gone": {
    change: (box) => rmSync(box.profile("work", "sessions"), { recursive: true }),
  },
  "with a lock that is a directory": {
    change: (box) => {
      rmSync(join(box.store, ".lock"), { force: true });
      mkdirSync(join(box.store, ".lock"), { mode: 0o700 });
    },
  },
};

test.each(Object.keys(NAMED_WORLDS))(
  "under a profile %s the short way comes out as the long one",
  async (name) => {
    const { env, ...world } = NAMED_WORLDS[name] ?? {};
    const named: World = { ...world, env: (box) => ({ CLAUTH_PROFILE: "work", ...env?.(box) }) };
    const restOf = (box: FakeSandbox) => box.call([], { profile: "work" });
    expect(await outcomeIn(named, {}, restOf)).toEqual(await outcomeIn(named, { CLAUTH_DEBUG: "0" }, restOf));
  },
);

/** A session under each of them has noted that its tree is at rest. */
const CONFIGS: Readonly<Record<string, string>> = {
  "what is not shared": 'isolate = ["CLAUDE.md"]\n',
  "nothing shared": 'isolate = "all"\n',
  "a pin": 'account = "somebody@example.com"\n',
  "an API key": 'api_key = "sk-ant-api01-fake"\n',
  "a server": 'base_url = "http://localhost:1"\n',
  "a variable": '[env]\nA = "b"\n',
  "a model": '[models]\ndefault = "opus"\n',
  "a variable that is kept": 'keep_env = ["ANTHROPIC_API_KEY"]\n',
  "nothing in it": "",
};

test.each(Object.keys(CONFIGS))(
  "under a profile at rest with %s in its config.toml the short way comes out as the long one",
  async (what) => {
    const world: World = {
      env: () => ({ CLAUTH_PROFILE: "work", ANTHROPIC_API_KEY: "sk-ant-api01-fake" }),
    };
    const plain: World = variables({ CLAUTH_PROFILE: "work" });
    const restOf = async (box: FakeSandbox) => {
      box.write(join(box.store, "profiles/work/config.toml"), CONFIGS[what] ?? "", 0o600);
      for (let time = 0; time < 2; time++) await box.call([], { profile: "work" });
    };
    for (const called of [world, plain])
      expect(await outcomeIn(called, {}, restOf)).toEqual(
        await outcomeIn(called, { CLAUTH_DEBUG: "0" }, restOf),
      );
  },
);

test("under a profile, in a home that is spelled by way of a link, the short way comes out as the long one", async () => {
  const env = (box: FakeSandbox) => ({
    CLAUTH_PROFILE: "work",
    CLAUTH_HOME: box.store,
    HOME: `${box.root}/by/link/..`,
  });
  const restOf = (box: FakeSandbox) => {
    mkdirSync(join(box.root, "by"));
    symlinkSync(box.project, join(box.root, "by/link"));
    return box.call([], { env: env(box) });
  };
  const world: World = {
    change: (box) =>
      box.write(
        join(box.root, "by/.config/anthropic/configs/default.json"),
        '{"authentication":{"type":"oidc_federation"}}',
      ),
    env,
  };
  expect(await outcomeIn(world, {}, restOf)).toEqual(await outcomeIn(world, { CLAUTH_DEBUG: "0" }, restOf));
});

/** So it does where something else picks. */
const PICKED_WORLDS: Readonly<Record<string, World>> = {
  "by an rc file": { change: (box) => box.write("project/.clauthrc", "work\n") },
  "by an rc file that was announced": {
    change: (box) => {
      box.write("project/.clauthrc", "work\n");
      const announced = { [join(box.project, ".clauthrc")]: "work" };
      box.write(join(box.store, "trust.json"), JSON.stringify({ announced }), 0o600);
    },
  },
  "by an rc file that was denied": {
    change: (box) => {
      box.write("project/.clauthrc", "work\n");
      const verdicts = { [join(box.project, ".clauthrc")]: "denied" };
      box.write(join(box.store, "trust.json"), JSON.stringify({ verdicts }), 0o600);
    },
  },
  "by an rc file, where what was said of it is lost": {
    change: (box) => {
      box.write("project/.clauthrc", "work\n");
      box.write(join(box.store, "trust.json"), "{", 0o600);
    },
  },
  "by an rc file, where each has to be allowed": {
    change: (box) => {
      box.write("project/.clauthrc", "work\n");
      box.write(join(box.store, "clauth.toml"), 'trust = "allow"\n', 0o600);
    },
  },
  "by an rc file for nobody": { change: (box) => box.write("project/.clauthrc", "nobody\n") },
  "by an rc file for the untouched claude": { change: (box) => box.write("project/.clauthrc", "system\n") },
  "by an rc file, and a config directory is the user's own": {
    change: (box) => box.write("project/.clauthrc", "work\n"),
    env: () => ({ CLAUDE_CONFIG_DIR: "/own" }),
  },
  "by a default": storeWith("clauth.toml", 'default = "work"\n'),
  "by a default for the untouched claude": storeWith("clauth.toml", 'default = "system"\n'),
  "by a default for nobody": storeWith("clauth.toml", 'default = "nobody"\n'),
  "by a default, quietly": storeWith("clauth.toml", 'default = "work"\nquiet = true\n'),
  "by a default, and the real claude is named": {
    change: (box) =>
      box.write(join(box.store, "clauth.toml"), `default = "work"\nclaude = "${box.claude}"\n`, 0o600),
  },
  "by a rule": storeWith("clauth.toml", '[[rule]]\ndir = "~"\nprofile = "work"\n'),
  "by two rules that disagree": storeWith(
    "clauth.toml",
    '[[rule]]\ndir = "~"\nprofile = "work"\n[[rule]]\ndir = "~"\nprofile = "other"\n',
  ),
  "by no rule": storeWith("clauth.toml", '[[rule]]\ndir = "~/elsewhere"\nprofile = "work"\n'),
  "by no rule, with an API key": {
    ...storeWith("clauth.toml", '[[rule]]\ndir = "~/elsewhere"\nprofile = "work"\n'),
    ...variables({ ANTHROPIC_API_KEY: "sk-ant-api01-fake" }),
  },
  "by no rule, behind a copy of the shim": {
    ...before((directory, box) => {
      copyFileSync(shimOf(box), `${directory}/claude`);
      const rule = '[[rule]]\ndir = "~/elsewhere"\nprofile = "work"\n';
      box.write(join(box.store, "clauth.toml"), rule, 0o600);
    }),
  },
};

test.each(Object.keys(PICKED_WORLDS))(
  "under a profile that is picked %s the short way comes out as the long one",
  async (name) => {
    const world = PICKED_WORLDS[name] ?? {};
    const restOf = (box: FakeSandbox) => box.call([], { profile: "work" });
    expect(await outcomeIn(world, {}, restOf)).toEqual(await outcomeIn(world, { CLAUTH_DEBUG: "0" }, restOf));
  },
);

async function outcomeIn(
  { change, args = [], env, cwd }: World,
  way: Readonly<Record<string, string>>,
  atFirst?: (box: FakeSandbox) => Promise<unknown>,
) {
  using box = createFakeSandbox();
  await atFirst?.(box);
  change?.(box);
  const to = join(box.root, "report.json");
  const { code, stderr } = await box.run([shimOf(box), ...args], {
    cwd: cwd?.(box) ?? box.project,
    env: { CLAUTH_HOME: undefined, ...fakeSteps({ do: "report", to }), ...env?.(box), ...way },
  });
  const outcome = { code, stderr, ...(existsSync(to) && { report: sameEachTime(readReport(to)) }) };
  return JSON.stringify(outcome, undefined, 1).replaceAll(box.root, "ROOT").split("\n");
}

function sameEachTime({ pid, parent, descriptors, env, ...report }: FakeReport) {
  const { CLAUTH_DEBUG: _, ...environment } = env;
  const names = Object.entries(descriptors).map(([number, to]) => [number, to.replace(/\d+-\w+$/, "")]);
  return { ...report, env: environment, descriptors: names, isTheShim: parent === process.pid };
}
