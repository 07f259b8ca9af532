import { dlopen } from "bun:ffi";
import { ClauthError } from "../errors.ts";
import { once } from "../libc.ts";

/** A text in the registry; `expands` where Windows puts in the variables that it names. */
export type RegistryText = { readonly text: string; readonly expands: boolean };

/** The environment that new programs get: the machine's, and over it the user's. */
export type Registry = {
  /** undefined where there is no such value. */
  readonly read: (of: "machine" | "user", name: string) => RegistryText | undefined;
  /** Writes a value of the user, or takes it away, and tells the desktop, so that the next console has it. */
  readonly write: (name: string, value: RegistryText | undefined) => void;
};

/**
 * The registry of this machine, in UTF-16 and by its own type: `reg.exe` prints it in the console's code page, `setx` cuts it
 * off at 1024 characters, and .NET writes variables expanded.
 */
export const registry: Registry = {
  read: (of, name) => readValue(PLACES[of], name),
  write: (name, value) => {
    writeValue(PLACES.user, name, value);
    announce();
  },
};

type Place = { readonly root: bigint; readonly path: string };

const PLACES = {
  machine: {
    root: 0xffff_ffff_8000_0002n,
    path: "SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment",
  },
  user: { root: 0xffff_ffff_8000_0001n, path: "Environment" },
} as const satisfies Record<string, Place>;

function readValue(place: Place, name: string): RegistryText | undefined {
  return withKey(place, KEY_QUERY_VALUE, (key) => {
    const type = new Uint32Array(1);
    const size = new Uint32Array(1);
    const query = (data: Uint8Array | null) =>
      calls().RegQueryValueExW(key, wide(name), null, type, data, size);
    if (!isThere(query(null), "read", name)) return undefined;
    const bytes = new Uint8Array(size[0] ?? 0);
    if (bytes.length > 0 && !isThere(query(bytes), "read", name)) return undefined;
    if (type[0] !== REG_SZ && type[0] !== REG_EXPAND_SZ)
      throw failed("read", name, `it is of type ${type[0]}`);
    const text = Buffer.from(bytes.buffer, 0, size[0]).toString("utf16le");
    return { text: text.replace(/\0+$/, ""), expands: type[0] === REG_EXPAND_SZ };
  });
}

function writeValue(place: Place, name: string, value: RegistryText | undefined): void {
  withKey(place, KEY_SET_VALUE, (key) => {
    if (value === undefined) {
      isThere(calls().RegDeleteValueW(key, wide(name)), "remove", name);
      return;
    }
    const bytes = wide(value.text);
    const type = value.expands ? REG_EXPAND_SZ : REG_SZ;
    isThere(calls().RegSetValueExW(key, wide(name), 0, type, bytes, bytes.length), "write", name);
  });
}

function withKey<T>({ root, path }: Place, access: number, body: (key: bigint) => T): T {
  const opened = new BigUint64Array(1);
  const code = calls().RegOpenKeyExW(root, wide(path), 0, access, opened);
  if (code !== ERROR_SUCCESS) throw failed("open", path, `Windows says error ${code}`);
  const key = opened[0] ?? 0n;
  try {
    return body(key);
  } finally {
    calls().RegCloseKey(key);
  }
}

/** False for what does not exist. */
function isThere(code: number, what: string, name: string): boolean {
  if (code === ERROR_SUCCESS) return true;
  if (code === ERROR_FILE_NOT_FOUND) return false;
  throw failed(what, name, `Windows says error ${code}`);
}

function failed(what: string, name: string, why: string): ClauthError {
  return new ClauthError({
    kind: "registry_failed",
    message: `can't ${what} ${name} of the environment in the registry: ${why}`,
    hint: "edit the user's variables by hand: rundll32 sysdm.cpl,EditEnvironmentVariables",
  });
}

/** Explorer and the terminal read the environment again; a window that hangs is not waited for. */
function announce(): void {
  const answer = new BigUint64Array(1);
  const environment = wide("Environment");
  calls().SendMessageTimeoutW(
    HWND_BROADCAST,
    WM_SETTINGCHANGE,
    0n,
    environment,
    SMTO_ABORTIFHUNG,
    1000,
    answer,
  );
}

function wide(text: string): Buffer {
  return Buffer.from(`${text}\0`, "utf16le");
}

const ERROR_SUCCESS = 0;
const ERROR_FILE_NOT_FOUND = 2;
const KEY_QUERY_VALUE = 1;
const KEY_SET_VALUE = 2;
const REG_SZ = 1;
const REG_EXPAND_SZ = 2;
const HWND_BROADCAST = 0xffffn;
const WM_SETTINGCHANGE = 0x1a;
const SMTO_ABORTIFHUNG = 2;

/** By their bare names: Windows takes these libraries from nowhere but its own directory ("known DLLs"). */
const calls = once(() => {
  const advapi32 = dlopen("advapi32.dll", {
    RegOpenKeyExW: { args: ["u64", "ptr", "u32", "u32", "ptr"], returns: "i32" },
    RegQueryValueExW: { args: ["u64", "ptr", "ptr", "ptr", "ptr", "ptr"], returns: "i32" },
    RegSetValueExW: { args: ["u64", "ptr", "u32", "u32", "ptr", "u32"], returns: "i32" },
    RegDeleteValueW: { args: ["u64", "ptr"], returns: "i32" },
    RegCloseKey: { args: ["u64"], returns: "i32" },
  });
  const user32 = dlopen("user32.dll", {
    SendMessageTimeoutW: { args: ["u64", "u32", "u64", "ptr", "u32", "u32", "ptr"], returns: "i64" },
  });
  return { ...advapi32.symbols, ...user32.symbols };
});
