import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A generic password as the fake keeps it. */
export type StoredItem = {
  readonly service: string;
  readonly account: string;
  readonly hex: string;
  /** `20260829174228Z` */
  readonly modified: string;
};

export type FakeMode = "locked" | "denied" | "cancelled" | "hangs" | "no keychain" | `cuts at ${number}`;

/** A keychain of its own for one test, with a program that behaves as `/usr/bin/security`. */
export type FakeSecurity = {
  /** To be run in the place of `/usr/bin/security`. */
  readonly program: string;
  put(
    item: { readonly service: string; readonly account: string },
    text: string,
    secondsLater?: number,
  ): void;
  text(item: { readonly service: string; readonly account: string }): string | undefined;
  remove(item: { readonly service: string; readonly account: string }): void;
  items(): readonly StoredItem[];
  /** How it behaves from now on; undefined is normal. */
  behave(mode: FakeMode | undefined): void;
  calls(): readonly { readonly args: readonly string[]; readonly input: string }[];
  [Symbol.dispose](): void;
};

export function createFakeSecurity(): FakeSecurity {
  const state = realpathSync(mkdtempSync(join(tmpdir(), "clauth-security-")));
  const program = join(state, "security");
  const [items, calls] = [join(state, "items.json"), join(state, "calls.jsonl")];
  const script = join(import.meta.dir, "fake-security-program.ts");
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${script}' '${state}' "$@"\n`, {
    mode: 0o755,
  });
  writeFileSync(items, "[]");

  const read = (): StoredItem[] => JSON.parse(readFileSync(items, "utf8"));
  const without = ({ service, account }: { service: string; account: string }) =>
    read().filter((item) => item.service !== service || item.account !== account);
  return {
    program,
    put: ({ service, account }, text, secondsLater = 0) => {
      const time = new Date(Date.now() + secondsLater * 1000).toISOString().replace(/[-:T]|\.\d+/g, "");
      const hex = Buffer.from(text).toString("hex");
      const others = without({ service, account });
      writeFileSync(items, JSON.stringify([...others, { service, account, hex, modified: time }]));
    },
    text: ({ service, account }) => {
      const found = read().find((item) => item.service === service && item.account === account);
      return found === undefined ? undefined : Buffer.from(found.hex, "hex").toString();
    },
    remove: (item) => writeFileSync(items, JSON.stringify(without(item))),
    items: read,
    behave: (mode) => writeFileSync(join(state, "mode"), mode ?? ""),
    calls: () =>
      (existsSync(calls) ? readFileSync(calls, "utf8").split("\n") : [])
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line)),
    [Symbol.dispose]: () => rmSync(state, { recursive: true, force: true }),
  };
}
