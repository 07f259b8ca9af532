import { expect, test } from "bun:test";
import { lstatSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { createDesk } from "./call.ts";

const CODE = ".config/Code/User/settings.json";

test("shows the line, and where it is missing", async () => {
  using desk = createDesk();
  desk.write(CODE, '{\n  // mine\n  "claudeCode.useTerminal": true,\n}\n');
  desk.write(".config/VSCodium/User/settings.json", "{");
  expect(await desk.clauth(["editor", "vscode"])).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stderr": 
    "clauth: VS Code: ~/.config/Code/User/settings.json does not have it
    clauth: VSCodium: ~/.config/VSCodium/User/settings.json is not JSON that can be read
    clauth: VS Code: "Use Terminal" is on: there PATH decides and not this setting; clauth doctor checks PATH
    clauth: to write it there: clauth editor vscode --write
    "
    ,
      "stdout": 
    ""claudeCode.claudeProcessWrapper": "~/.clauth/bin/claude"
    "
    ,
    }
  `);
  expect((await desk.clauth(["editor", "vscode", "--json"])).stdout).toMatchInlineSnapshot(`
    "{
      "setting": "claudeCode.claudeProcessWrapper",
      "value": "~/.clauth/bin/claude",
      "editors": [
        {
          "editor": "VS Code",
          "path": "~/.config/Code/User/settings.json",
          "state": "unset",
          "uses_terminal": true
        },
        {
          "editor": "VSCodium",
          "path": "~/.config/VSCodium/User/settings.json",
          "state": "invalid",
          "uses_terminal": false
        }
      ]
    }
    "
  `);
});

test("without an editor says where the line belongs, and writes nothing", async () => {
  using desk = createDesk();
  expect(await desk.clauth(["editor", "vscode"])).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stderr": 
    "clauth: no VS Code was found: put this line into its settings (Preferences: Open User Settings (JSON))
    "
    ,
      "stdout": 
    ""claudeCode.claudeProcessWrapper": "~/.clauth/bin/claude"
    "
    ,
    }
  `);
  expect(await desk.clauth(["editor", "vscode", "--write"])).toMatchInlineSnapshot(`
    {
      "code": 1,
      "stderr": 
    "clauth: error: no settings of VS Code, VSCodium or Cursor were found
    hint: start it once, or put the line of \`clauth editor vscode\` into its settings.json by hand
    "
    ,
      "stdout": "",
    }
  `);
});

test("writes the one line, keeps comments and mode, and twice is once", async () => {
  using desk = createDesk();
  desk.write(CODE, '{\n  "a": 1, // one\n  /* two */\n  "b": [2,],\n}\n', 0o644);
  desk.write(".vscode-server/data/Machine/.keep", "");
  expect(await desk.clauth(["editor", "vscode", "--write"])).toMatchInlineSnapshot(`
    {
      "code": 0,
      "stderr": 
    "clauth: VS Code: written to ~/.config/Code/User/settings.json; it counts from the next start of Claude in there
    clauth: VS Code Server: written to ~/.vscode-server/data/Machine/settings.json; it counts from the next start of Claude in there
    "
    ,
      "stdout": "",
    }
  `);
  const written = desk.read(CODE);
  const shim = join(desk.store, "bin", "claude");
  expect(written).toBe(
    `{\n  "a": 1, // one\n  /* two */\n  "b": [2,],\n  "claudeCode.claudeProcessWrapper": "${shim}",\n}\n`,
  );
  expect(lstatSync(join(desk.home, CODE)).mode & 0o777).toBe(0o644);
  expect(desk.read(".vscode-server/data/Machine/settings.json")).toContain(shim);
  expect((await desk.clauth(["editor", "vscode", "--write"])).stderr).toContain("has it already");
  expect(desk.read(CODE)).toBe(written);
});

test("a dotfiles link is written through", async () => {
  using desk = createDesk();
  const dotfile = desk.write("dotfiles/settings.json", "{}\n");
  desk.write(".config/Code/User/.keep", "");
  symlinkSync(dotfile, join(desk.home, CODE));
  expect((await desk.clauth(["editor", "vscode", "--write"])).code).toBe(0);
  expect(lstatSync(join(desk.home, CODE)).isSymbolicLink()).toBe(true);
  expect(desk.read("dotfiles/settings.json")).toContain("claudeProcessWrapper");
});

test.each([
  ["another program", '{"claudeCode.claudeProcessWrapper": "/opt/other"}'],
  ["a file that is not JSON", "{ nonsense"],
])("%s is left as it is, and the others are written all the same", async (_, text) => {
  using desk = createDesk();
  desk.write(CODE, text);
  desk.write(".config/VSCodium/User/settings.json", "{}");
  const { code, stderr } = await desk.clauth(["editor", "vscode", "--write"]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/hint: .*(clauth editor vscode --write|by hand)/);
  expect(desk.read(CODE)).toBe(text);
  expect(desk.read(".config/VSCodium/User/settings.json")).toContain("claudeProcessWrapper");
});

test.each([
  ["darwin", {}, "Library/Application Support/Code - Insiders/User", "claude"],
  ["win32", { APPDATA: "" }, "AppData/Roaming/Code/User", "claude.exe"],
] as const)("knows the place and the shim's name on %s", async (platform, env, place, file) => {
  using desk = createDesk();
  desk.write(join(place, "settings.json"), "{}");
  const { stdout } = await desk.clauth(["editor", "vscode", "--json"], { platform, env });
  expect(JSON.parse(stdout)).toMatchObject({
    value: `~/.clauth/bin/${file}`,
    editors: [{ path: `~/${place}/settings.json`, state: "unset" }],
  });
});
