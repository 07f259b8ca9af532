import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { choiceFrom } from "../../src/config/choice.ts";
import { allow, rememberAnnounced } from "../../src/selection/remember-trust.ts";

let root: string;
let store: { root: string; trust: string; lock: string };
let path: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "clauth-trust-"));
  store = {
    root: join(root, "store"),
    trust: join(root, "store/trust.json"),
    lock: join(root, "store/.lock"),
  };
  path = join(root, "project/.clauthrc");
  mkdirSync(join(root, "project"));
  writeFileSync(path, "work\n");
});

afterEach(() => rmSync(root, { recursive: true }));

function file(content = "work\n") {
  return { path, bytes: new TextEncoder().encode(content) };
}

function picking(name: string) {
  return { path, choice: choiceFrom(name) ?? expect.unreachable() };
}

test("keeps what it does not know, in a file for the user alone", () => {
  mkdirSync(store.root);
  writeFileSync(store.trust, '{"later": {"x": 1}, "announced": {"/elsewhere": "y"}}');
  allow(store, file());
  rememberAnnounced(store, picking("work"));
  expect(JSON.parse(readFileSync(store.trust, "utf8"))).toMatchObject({
    later: { x: 1 },
    announced: { "/elsewhere": "y" },
  });
  expect(statSync(store.trust).mode & 0o777).toBe(0o600);
});

test("loses no entry when many processes remember at once", async () => {
  const script = join(root, "remember.ts");
  const trust = join(import.meta.dir, "../../src/selection/remember-trust.ts");
  writeFileSync(
    script,
    `import { deny } from ${JSON.stringify(trust)};
     for (const n of [1, 2, 3, 4, 5]) deny(${JSON.stringify(store)}, "/none/" + process.argv[2] + n);`,
  );
  const children = ["a", "b", "c"].map((name) =>
    Bun.spawn([process.execPath, script, name], { stderr: "inherit" }),
  );
  expect(await Promise.all(children.map((child) => child.exited))).toEqual([0, 0, 0]);
  expect(Object.keys(JSON.parse(readFileSync(store.trust, "utf8")).verdicts)).toHaveLength(15);
});
