import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { credentialsText, oauthAccountOf } from "../support/claude-login.ts";
import { fakeSteps } from "../support/fake-claude.ts";
import { createFakeSandbox, type FakeSandbox } from "../support/fake-sandbox.ts";
import { callsIn, examplesIn, PAGES, pageText } from "./documented.ts";

setDefaultTimeout(30_000);

/** What stands for what, where a page has a placeholder. */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  "[DIR]": "~/work",
  "--import DIR": "--import ~/.claude-old",
  DIR: "~/work",
  OLD: "work",
  ARGS: "hello",
  PATTERN: "~/work",
  TOOL: "directory",
  URL: "https://gateway.example",
};

/** What has to have been typed before. */
const BEFORE: Readonly<Record<string, string>> = {
  "clauth backups restore work": "clauth remove work",
  "clauth rule remove ~/work": "clauth rule add ~/work work",
  "clauth local --unset": "clauth local work",
  "clauth global personal": "clauth add personal --home",
};

const documented = PAGES.flatMap((page) => [...callsIn(pageText(page)), ...examplesIn(pageText(page))]);
const lines = [...new Set(documented.map(typed))].sort();

describe("what the pages show works as it stands:", () => {
  test.each(lines)("%s", async (line) => {
    if (Bun.which(programOf(line)) === null) return;
    using box = settled({ profiles: !line.startsWith("clauth add work") });
    const before = BEFORE[line];
    if (before !== undefined) expect(await shell(box, before)).toMatchObject({ code: 0 });
    const whole = (await isMention(box, line)) ? `${line} --help` : line;
    expect({ line: whole, ...(await shell(box, whole)) }).toMatchObject({ line: whole, code: 0 });
  });
});

test("they show more than sixty different lines", () => {
  expect(lines.length).toBeGreaterThan(60);
});

/** As somebody would type it; of a profile that is to be added another name than of one that is there. */
function typed(call: string): string {
  const named = Object.entries(PLACEHOLDERS).reduce(
    (text, [place, word]) => text.replaceAll(place, word),
    call,
  );
  return named
    .replaceAll("NAME", /clauth (add|rename work)/.test(named) ? "fresh" : "work")
    .replace(/\s+/g, " ");
}

/** True where a page names a command without the words that it needs: `clauth run`'s own failures. */
async function isMention(box: FakeSandbox, line: string): Promise<boolean> {
  if (!/^clauth [a-z]+( [a-z]+)?$/.test(line)) return false;
  const { code, stdout } = await box.run(["sh", "-c", `${line} --help`]);
  const places = /^usage: clauth (?:[a-z]+ )*([A-Z].*)?$/m.exec(stdout)?.[1] ?? "";
  return code === 0 && places !== "" && stdout.includes(`usage: ${line} `);
}

function programOf(line: string): string {
  return line.includes("| source") ? "fish" : "bash";
}

function shell(box: FakeSandbox, line: string) {
  const stdin = line.includes("--api-key") ? "a-key\n" : "";
  return box.run([programOf(line), "-c", line], { env: LOGS_IN, stdin });
}

/** What the real `claude auth login` leaves, done by the fake one. */
const LOGS_IN = fakeSteps(
  { do: "refresh", credentials: credentialsText({ account: "N" }) },
  { do: "set", key: "oauthAccount", value: oauthAccountOf("N") },
);

/** A user with the profile `work`, who has been everywhere once. */
function settled(options: { readonly profiles: boolean }): FakeSandbox {
  const box = createFakeSandbox(options);
  box.write(".claude/.credentials.json", credentialsText({ account: "H" }), 0o600);
  box.write(".claude.json", JSON.stringify({ oauthAccount: oauthAccountOf("H") }));
  if (options.profiles) {
    box.write(".clauth/clauth.toml", 'default = "work"\n', 0o600);
    box.write("project/.clauthrc", "work\n");
  }
  box.write("work/notes", "");
  for (const name of ["old", "directory"]) {
    box.write(`.claude-${name}/.credentials.json`, credentialsText({ account: name.toUpperCase() }), 0o600);
    box.write(`.claude-${name}/.claude.json`, "{}");
  }
  box.write(".config/Code/User/settings.json", "{}");
  if (!options.profiles) return box;
  const backup = box.profile("work", "backups/20261121T103627123Z-credentials-replaced");
  box.write(backup, credentialsText({ account: "W", generation: 0 }), 0o600);
  chmodSync(join(backup, ".."), 0o700);
  return box;
}
