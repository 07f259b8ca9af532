import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { credentialsText, oauthAccountOf } from "../test/support/claude-login.ts";
import { fakeSteps } from "../test/support/fake-claude.ts";
import { createFakeSandbox, type FakeSandbox } from "../test/support/fake-sandbox.ts";
import { openPty } from "../test/support/pty.ts";

/**
 * Records `docs/demo.svg`: the lines below are typed into a shell on a terminal of 80 columns, with the compiled clauth and a
 * fake claude behind it, and the picture is what the terminal got.
 */
const SESSION = [
  "clauth add personal --home",
  "clauth add work --login",
  "clauth rule add ~/work work",
  "clauth global personal",
  "cd ~/work && clauth which",
  "claude -p 'who answers?'",
  "clauth list",
] as const;

const COLUMNS = 80;

export type Shown = { readonly typed: string; readonly printed: string };

/** What each line printed, escape sequences included. */
export async function record(): Promise<readonly Shown[]> {
  using box = newUser();
  const shown: Shown[] = [];
  let cwd = box.home;
  for (const typed of SESSION) {
    const path = `${box.store}/bin:${box.home}/.local/bin:/usr/bin:/bin`;
    const env = { ...box.env, PATH: path, ...(typed.startsWith("claude") ? ANSWERS : LOGS_IN) };
    const pty = openPty(["sh", "-c", `stty cols ${COLUMNS} -onlcr; ${typed}`], { cwd, env });
    const { code } = await pty.exited;
    pty.close();
    if (code !== 0) throw new Error(`${typed} ended with ${code}: ${pty.output()}`);
    shown.push({
      typed,
      printed: pty.output().replaceAll(box.home, "/home/me"),
    });
    cwd = /^cd ~\/(\w+)/.exec(typed)?.[1] === undefined ? cwd : join(box.home, "work");
  }
  return shown;
}

function newUser(): FakeSandbox {
  const box = createFakeSandbox({ profiles: false });
  // Where the native installer puts it, and as long on every machine.
  mkdirSync(join(box.home, ".local"));
  symlinkSync(dirname(box.claude), join(box.home, ".local", "bin"));
  box.write(".claude/.credentials.json", credentialsText({ account: "Me" }), 0o600);
  box.write(".claude.json", JSON.stringify({ oauthAccount: oauthAccountOf("Me") }));
  box.write("work/notes", "");
  return box;
}

/** What the real `claude auth login` leaves, and an answer, done by the fake claude. */
const LOGS_IN = fakeSteps(
  { do: "refresh", credentials: credentialsText({ account: "Work" }) },
  { do: "set", key: "oauthAccount", value: oauthAccountOf("Work") },
);
const ANSWERS = fakeSteps({ do: "print", text: "the account of work@example.test\n" });

/** A terminal's window as a picture. */
export function pictureOf(session: readonly Shown[]): string {
  const lines = session.flatMap(({ typed, printed }) => [
    `<tspan class="p">$</tspan> <tspan class="t">${escaped(typed)}</tspan>`,
    ...printed.trimEnd().split(/\r?\n/).flatMap(wrapped).map(coloured),
    "",
  ]);
  const height = 44 + lines.length * 19;
  const texts = lines.map((line, index) => `<text x="16" y="${52 + index * 19}">${line}</text>`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="712" height="${height}" viewBox="0 0 712 ${height}" role="img" xml:space="preserve">`,
    "<title>clauth: two accounts in two directories</title>",
    `<style>text{font:13.6px ui-monospace,SFMono-Regular,Menlo,Consolas,DejaVu Sans Mono,monospace;fill:#d4d4d4;white-space:pre}.p{fill:#7ec699}.t{fill:#fff;font-weight:bold}${STYLES}</style>`,
    `<rect width="712" height="${height}" rx="8" fill="#1e1e24"/>`,
    ...["#ff5f57", "#febc2e", "#28c840"].map(
      (fill, at) => `<circle cx="${20 + at * 20}" cy="18" r="6" fill="${fill}"/>`,
    ),
    ...texts,
    "</svg>",
    "",
  ].join("\n");
}

/** As a terminal does it: at its last column, escape sequences not counted. A colour goes on in the next row. */
function wrapped(line: string): string[] {
  const rows: string[] = [];
  let [row, width, colour] = ["", 0, ""];
  for (const [part] of line.matchAll(/\x1b\[[0-9;]*m|[\s\S]/g)) {
    if (part.startsWith("\x1b")) colour = /\[0?m/.test(part) ? "" : colour + part;
    else if (++width > COLUMNS) {
      rows.push(row);
      [row, width] = [colour, 1];
    }
    row += part;
  }
  return [...rows, row];
}

const COLOURS: Readonly<Record<string, string>> = {
  1: "font-weight:bold",
  2: "opacity:.65",
  31: "fill:#f47174",
  32: "fill:#7ec699",
  33: "fill:#e5c07b",
  34: "fill:#6cb6ff",
  35: "fill:#c792ea",
  36: "fill:#5ccfe6",
  90: "fill:#8b8b95",
};

const STYLES = Object.entries(COLOURS)
  .map(([code, style]) => `.c${code}{${style}}`)
  .join("");

function coloured(line: string): string {
  let open: readonly string[] = [];
  return line
    .split(/\x1b\[([0-9;]*)m/)
    .map((part, index) => {
      if (index % 2 === 0)
        return open.length === 0 || part === ""
          ? escaped(part)
          : `<tspan class="${open.join(" ")}">${escaped(part)}</tspan>`;
      const codes = part.split(";").filter((code) => code !== "" && code !== "0");
      open =
        codes.length === 0
          ? []
          : [...open, ...codes.filter((code) => code in COLOURS).map((code) => `c${code}`)];
      if (part === "39" || part === "22") open = [];
      return "";
    })
    .join("");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

if (import.meta.main)
  writeFileSync(join(import.meta.dir, "..", "docs", "demo.svg"), pictureOf(await record()));
