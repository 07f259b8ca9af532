import type { ArgsDef, CommandDef, ParsedArgs } from "citty";
import type { Context } from "../context.ts";
import { ClauthError } from "../errors.ts";
import { nearestName } from "../profile-name.ts";
import { notice } from "../report.ts";
import type { Paint } from "./colour.ts";
import { secretInArguments } from "./secret-arguments.ts";
import { type Example, usageText } from "./usage.ts";

/** One verb of `clauth`, ready to run or to explain itself. */
export type Command = {
  readonly summary: string;
  /** Runs with the arguments after the verb and answers the exit status. */
  run(args: readonly string[]): Promise<number>;
  usage(paint: Paint): string;
  readonly examples: readonly Example[];
  readonly args: ArgsDef;
};

export type Definition<Args extends ArgsDef> = {
  /** As typed: "rule add". */
  readonly name: string;
  /** One line, lower case, no final period. */
  readonly summary: string;
  readonly args: Args;
  /** What stands after `--` on the command line, in the words of the usage; none is taken where it is not given. */
  readonly rest?: string;
  /** Whole lines, as they can be typed. */
  readonly examples?: readonly Example[];
  readonly run: (args: ParsedArgs<Args>, rest: readonly string[]) => number | Promise<number>;
};

/**
 * Makes a command of citty's parser, and checks what citty lets pass: unknown options, options without their
 * value, and more words than the command takes (seen in citty 0.2.2). What stands after `--` is never looked at.
 * @throws ClauthError `usage`, from `run`
 */
export function command<const Args extends ArgsDef>(definition: Definition<Args>): Command {
  const { args, examples = [], summary } = definition;
  return {
    summary,
    examples,
    args,
    run: async (given) => {
      const { own, after } = splitAtDashes(given);
      checkArguments(definition, own, after);
      const { runCommand } = await import("citty");
      const parsed: CommandDef<Args> = { args, run: ({ args: values }) => definition.run(values, after) };
      const { result } = await runCommand(parsed, { rawArgs: [...own] });
      return typeof result === "number" ? result : 0;
    },
    usage: (paint) => usageText(definition, paint),
  };
}

/** The arguments that are ours, and those after the first `--`. */
export function splitAtDashes(args: readonly string[]): {
  readonly own: readonly string[];
  readonly after: readonly string[];
} {
  const dashes = args.indexOf("--");
  return dashes === -1
    ? { own: args, after: [] }
    : { own: args.slice(0, dashes), after: args.slice(dashes + 1) };
}

/** An error in what was typed: exit status 2. The hint shows the help of the verb. */
export function usageError(message: string, verb?: string): ClauthError {
  return new ClauthError({
    kind: "usage",
    message,
    hint: verb === undefined ? "clauth help" : `clauth ${verb} --help`,
    exitCode: 2,
  });
}

/** Ends in the first of several errors, where there is one; the others are said before it. */
export function throwFirst(context: Pick<Context, "env" | "stderr">, errors: readonly ClauthError[]): void {
  const [first, ...others] = errors;
  for (const { message, hint } of others) notice(context, message, hint);
  if (first !== undefined) throw first;
}

/** Unexpected words are not echoed: one may be a key that was meant for a prompt. */
function checkArguments<Args extends ArgsDef>(
  { name, args, rest }: Pick<Definition<Args>, "name" | "args" | "rest">,
  own: readonly string[],
  after: readonly string[],
): void {
  const words: string[] = [];
  for (let index = 0; index < own.length; index += 1) {
    const word = own[index] ?? "";
    if (!word.startsWith("-") || word === "-") words.push(word);
    else if (rest !== undefined && !isOption(args, word)) throw belongsAfterDashes(name, rest);
    else if (takesValue(name, args, word)) {
      index += 1;
      if (index >= own.length) throw usageError(`${word} needs a value`, name);
    }
  }
  const places = Object.entries(args).filter(([, arg]) => arg.type === "positional");
  const missing = places.find(([, arg], index) => arg.required !== false && index >= words.length);
  if (missing !== undefined) throw usageError(`${missing[0].toUpperCase()} is missing`, name);
  if (words.length > places.length && rest !== undefined) throw belongsAfterDashes(name, rest);
  if (words.length > places.length) {
    // The key itself, most likely: it may be of any server, so it can't be told by its looks.
    if (own.includes("--api-key")) throw secretInArguments();
    throw usageError("there are more arguments than it takes", name);
  }
  if (rest === undefined && after.length > 0) throw usageError("it takes nothing after --", name);
}

/** What was meant for the program that is started. */
function belongsAfterDashes(name: string, rest: string): ClauthError {
  return new ClauthError({
    kind: "usage",
    message: `what is not for clauth ${name} itself stands after --`,
    hint: `clauth ${name} NAME -- ${rest}`,
    exitCode: 2,
  });
}

function isOption(args: ArgsDef, word: string): boolean {
  return Object.hasOwn(args, word.replace(/^--/, "").replace(/=.*/, ""));
}

/** True where the next word is the option's value. */
function takesValue(verb: string, args: ArgsDef, word: string): boolean {
  const [option = "", value] = word.split("=", 2);
  const arg =
    option.startsWith("--") && Object.hasOwn(args, option.slice(2)) ? args[option.slice(2)] : undefined;
  if (arg === undefined || arg.type === "positional") {
    throw noSuchOption(verb, args, option);
  }
  if (arg.type === "string") return value === undefined;
  if (value !== undefined) throw usageError(`${option} takes no value`, verb);
  return false;
}

/** Of what was typed no more is shown than what can be an option. */
function noSuchOption(verb: string, args: ArgsDef, option: string): ClauthError {
  const names = Object.keys(args).filter((name) => args[name]?.type !== "positional");
  const meant = nearestName(option.replace(/^--?/, ""), names);
  return new ClauthError({
    kind: "usage",
    message: `it has no option ${/^--?[a-z-]{1,20}$/.test(option) ? option : "of that name"}`,
    hint:
      meant === undefined
        ? `clauth ${verb} --help`
        : `did you mean --${meant}? clauth ${verb} --help shows all`,
    exitCode: 2,
  });
}
