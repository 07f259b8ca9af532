import { ClauthError } from "../errors.ts";
import { runSecurity } from "./security.ts";

/** A generic password of the user's keychain, and the program that it is reached by. */
export type KeychainItem = {
  readonly service: string;
  readonly account: string;
  readonly program: string;
};

/**
 * The value to the byte. `security` shows it as hex where it is more than printable ASCII, and no JSON looks like that.
 * @returns undefined where there is no such item
 * @throws ClauthError as `runSecurity`
 */
export function readItem(item: KeychainItem): Uint8Array | undefined {
  const output = run(item, ["find-generic-password", ...named(item), "-w"]);
  if (output === undefined) return undefined;
  const value = output.replace(/\n$/, "");
  return /^([0-9a-f]{2})+$/i.test(value) ? Uint8Array.fromHex(value) : new TextEncoder().encode(value);
}

/**
 * When the item was last written, in nanoseconds since 1970. The Keychain keeps whole seconds.
 * @returns 0 where it does not say
 * @throws ClauthError as `runSecurity`
 */
export function itemTimeNs(item: KeychainItem): bigint {
  const attributes = run(item, ["find-generic-password", ...named(item)]) ?? "";
  const time = /"mdat"<timedate>=.*"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z/.exec(attributes);
  if (time === null) return 0n;
  const [year, month, day, hour, minute, second] = time.slice(1).map(Number);
  return BigInt(Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second)) * 1_000_000n;
}

/**
 * Makes the item or replaces its value, and believes only what it then reads. The value goes through standard input: in the
 * arguments every process could see it.
 * @returns false where the item does not hold the value now: it is too long for a line of `security -i`, or was cut off
 * @throws ClauthError as `runSecurity`
 */
export function writeItem(item: KeychainItem, value: Uint8Array): boolean {
  const line = `add-generic-password -U -a "${item.account}" -s "${item.service}" -X "${value.toHex()}"\n`;
  if (line.length > LONGEST_LINE) return false;
  store(item, line);
  const now = readItem(item);
  return now !== undefined && Buffer.compare(now, value) === 0;
}

/** `security -i` executes the first 4096 bytes of a longer line, and stores a value that is cut off. Claude Code stops here too. */
const LONGEST_LINE = 4032;

/** The status says little about the lines that were read: what is stored then counts. */
function store(item: KeychainItem, line: string): void {
  try {
    run(item, ["-i"], line);
  } catch (error) {
    if (!(error instanceof ClauthError && error.retrySafe)) throw error;
  }
}

/** @throws ClauthError as `runSecurity` */
export function removeItem(item: KeychainItem): void {
  run(item, ["delete-generic-password", ...named(item)]);
}

function named({ account, service }: KeychainItem): string[] {
  return ["-a", account, "-s", service];
}

function run(
  { program, service }: KeychainItem,
  args: readonly string[],
  input?: string,
): string | undefined {
  return runSecurity({ program, args, item: service, ...(input !== undefined && { input }) });
}
