import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StoredItem } from "./fake-security.ts";

/**
 * Behaves as `/usr/bin/security` for generic passwords, as far as its users have reported it: exit statuses are the low byte of
 * an OSStatus, values that are not printable come out as hex, a line of `-i` is cut at 4096 bytes and executed all the same, and
 * what is left of it is shown on standard error.
 */
const [state = "", ...args] = process.argv.slice(2);
const mode = existsSync(join(state, "mode")) ? readFileSync(join(state, "mode"), "utf8") : "";
const input = args[0] === "-i" ? readFileSync(0, "utf8") : "";
appendFileSync(join(state, "calls.jsonl"), `${JSON.stringify({ args, input })}\n`);
if (mode === "hangs") await Bun.sleep(60_000);
process.exit(args[0] === "-i" ? interactive(input) : execute(args));

function interactive(text: string): number {
  const length = Number(/^cuts at (\d+)$/.exec(mode)?.[1] ?? 4096);
  let status = 0;
  for (const line of text.split("\n").filter((each) => each !== "")) {
    for (let at = 0; at < line.length; at += length) {
      const words = line.slice(at, at + length).match(/"[^"]*"?|\S+/g) ?? [];
      status = execute(words.map((word) => word.replaceAll('"', "")));
    }
  }
  return status;
}

function execute([command = "", ...options]: readonly string[]): number {
  const option = (name: string) =>
    options.includes(name) ? (options[options.indexOf(name) + 1] ?? "") : undefined;
  const [account, service] = [option("-a"), option("-s")];
  const items = readItems();
  const remove = (item: StoredItem) => {
    writeItems(items.filter((each) => each !== item));
    return 0;
  };
  const isIt = (item: StoredItem) =>
    (service === undefined || item.service === service) &&
    (account === undefined || item.account === account);
  const found = items.find(isIt);
  if (mode === "no keychain") return fail(50, "SecKeychainSearchCreateFromAttributes: no such keychain");
  switch (command) {
    case "find-generic-password":
      if (found === undefined) return absent();
      if (!options.includes("-w")) return show(attributesOf(found));
      return refusal() ?? show(`${printable(found.hex)}\n`);
    case "add-generic-password": {
      const refused = refusal();
      if (refused !== undefined) return refused;
      if (found !== undefined && !options.includes("-U"))
        return fail(45, "SecKeychainItemCreateFromContent: already exists");
      const hex = option("-X") ?? Buffer.from(option("-w") ?? "").toString("hex");
      // An odd digit at the end of a cut is dropped.
      const whole = hex.slice(0, hex.length - (hex.length % 2));
      const item = { service: service ?? "", account: account ?? "", hex: whole, modified: timeNow() };
      writeItems([...items.filter((each) => each !== found), item]);
      return 0;
    }
    case "delete-generic-password":
      return found === undefined ? absent() : (refusal() ?? remove(found));
    default:
      return fail(1, `unknown command "${command}"`);
  }
}

/** The attributes of an item can be read while its keychain is locked. */
function refusal(): number | undefined {
  if (mode === "locked") return fail(36, "SecKeychainItemCopyContent: User interaction is not allowed.");
  if (mode === "denied") return fail(51, "SecKeychainItemCopyContent: The user name or passphrase is wrong.");
  if (mode === "cancelled") return fail(128, "SecKeychainItemCopyContent: User canceled the operation.");
  return undefined;
}

function absent(): number {
  return fail(44, "SecKeychainSearchCopyNext: The specified item could not be found in the keychain.");
}

function fail(status: number, message: string): number {
  process.stderr.write(`security: ${message}\n`);
  return status;
}

function show(text: string): number {
  process.stdout.write(text);
  return 0;
}

function printable(hex: string): string {
  const text = Buffer.from(hex, "hex").toString("latin1");
  return /^[\x20-\x7e]*$/.test(text) ? text : hex;
}

function attributesOf({ service, account, modified }: StoredItem): string {
  const time = `0x${Buffer.from(`${modified}\0`).toString("hex").toUpperCase()}  "${modified}\\000"`;
  return [
    'keychain: "/Users/tester/Library/Keychains/login.keychain-db"',
    "version: 512",
    'class: "genp"',
    "attributes:",
    `    0x00000007 <blob>="${service}"`,
    `    "acct"<blob>="${account}"`,
    `    "cdat"<timedate>=0x32303236303130313030303030305A00  "20260101000000Z\\000"`,
    `    "mdat"<timedate>=${time}`,
    `    "svce"<blob>="${service}"`,
    "",
  ].join("\n");
}

function timeNow(): string {
  return new Date().toISOString().replace(/[-:T]|\.\d+/g, "");
}

function readItems(): StoredItem[] {
  return JSON.parse(readFileSync(join(state, "items.json"), "utf8"));
}

function writeItems(items: readonly StoredItem[]): void {
  writeFileSync(join(state, "items.json"), JSON.stringify(items));
}
