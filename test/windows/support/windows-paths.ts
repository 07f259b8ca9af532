import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, win32 } from "node:path";

export type WindowsPaths = Disposable & {
  /** `C:\t`, on Windows a directory of its own. */
  readonly root: string;
  /** Makes a file, named relative to the root. @returns its path */
  file(name: string, content?: string): string;
};

/**
 * Windows' own paths on every system: elsewhere `C:\t\a` is a name like any other, of a file in the working directory, which is a
 * fresh one until this is disposed of.
 */
export function windowsPaths(): WindowsPaths {
  const onWindows = process.platform === "win32";
  const started = process.cwd();
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "clauth-windows-")));
  process.chdir(directory);
  const root = onWindows ? directory : "C:\\t";
  return {
    root,
    file: (name, content = "MZ") => {
      const path = win32.join(root, name);
      if (onWindows) mkdirSync(win32.dirname(path), { recursive: true });
      writeFileSync(path, content);
      return path;
    },
    [Symbol.dispose]: () => {
      process.chdir(started);
      rmSync(directory, { recursive: true });
    },
  };
}
