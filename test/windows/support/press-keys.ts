import { dlopen } from "bun:ffi";
import { fileAppears } from "../../support/wait-for.ts";
import { exitCodeOf } from "./exit-code.ts";

/**
 * Somebody at a console of their own: `bun.exe press-keys.ts EVENT FILE PROGRAM [ARGUMENT...]` starts the program there, presses
 * Ctrl-C (EVENT 0) or Ctrl-Break (1) once FILE is there, and writes the program's exit code. Every process of the console
 * gets the event, this one too.
 */
const [event = "0", file = "", ...command] = process.argv.slice(2);
const { AllocConsole, FreeConsole, GenerateConsoleCtrlEvent, SetConsoleCtrlHandler } = dlopen(
  "kernel32.dll",
  {
    AllocConsole: { args: [], returns: "i32" },
    FreeConsole: { args: [], returns: "i32" },
    GenerateConsoleCtrlEvent: { args: ["u32", "u32"], returns: "i32" },
    SetConsoleCtrlHandler: { args: ["ptr", "i32"], returns: "i32" },
  },
).symbols;

FreeConsole();
if (AllocConsole() === 0) throw new Error("there is no console");
// Whoever started this may have had Ctrl-C turned off, which is inherited.
SetConsoleCtrlHandler(null, 0);
for (const signal of ["SIGINT", "SIGBREAK"]) process.on(signal, () => {});
const child = Bun.spawn(command, { stdio: ["ignore", "ignore", "ignore"] });
const code = exitCodeOf(child);
await fileAppears(file);
if (GenerateConsoleCtrlEvent(Number(event), 0) === 0) throw new Error("the key could not be pressed");
console.log(await code);
process.exit();
