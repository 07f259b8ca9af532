import type { Choice } from "../config/choice.ts";
import { type ProfileName, SYSTEM } from "../profile-name.ts";

/** What was picked, and why: a profile never travels without its source. */
export type Selection =
  | {
      readonly kind: "profile";
      readonly name: ProfileName;
      readonly source: Source;
      /** True where this very call asked for it (`clauth run`, CLAUTH_PROFILE), so that its children inherit it. */
      readonly explicit: boolean;
    }
  | { readonly kind: "system"; readonly source: Source }
  | { readonly kind: "none"; readonly source: Source };

export type Source = {
  readonly kind: SourceKind;
  /** The file that decided, or the user's own CLAUDE_CONFIG_DIR. */
  readonly path?: string;
  readonly line?: number;
  /** What in it decided: the pattern of a rule and what it matched. */
  readonly detail?: string;
};

/** In order of strength, but for "config-dir", which stands between "env" and "rc". */
export type SourceKind =
  | "bypass"
  | "flag"
  | "env"
  | "config-dir"
  | "rc"
  | "rule"
  | "inherited"
  | "default"
  | "none";

/** One level that was asked on the way; those below the one that picked were not asked. */
export type Considered = { readonly kind: SourceKind; readonly picked: boolean; readonly why: string };

export type Picked = { readonly choice: Choice; readonly source: Source };

/** The facts of a call. Those that cost a look at the disk are asked for only when nothing stronger has picked. */
export type SelectionInput = {
  readonly bypass: boolean;
  readonly flag: Choice | undefined;
  readonly env: Choice | undefined;
  /** A CLAUDE_CONFIG_DIR that is not one of our trees: the user's own choice. */
  readonly ownConfigDir: string | undefined;
  readonly rcFile: () => Picked | undefined;
  readonly rule: () => Picked | undefined;
  readonly inherited: () => Picked | undefined;
  readonly default: Picked | undefined;
};

/** The first level that picks, in this order: bypass, flag, env, own config dir, rc, rule, inherited, default. */
export function selectProfile(input: SelectionInput): {
  selection: Selection;
  considered: () => readonly Considered[];
  /** What the weaker levels would have picked, the strongest first. Asked only when it is called. */
  weaker: () => readonly Selection[];
} {
  const all = levels(input);
  for (const level of all) {
    const selection = level.ask();
    if (selection === undefined) continue;
    const { kind } = level;
    const stronger = () => all.slice(0, all.indexOf(level));
    return {
      selection,
      considered: () => [
        ...stronger().map(passedOver),
        { kind, picked: true, why: sourceSentence(selection.source) },
      ],
      weaker: () => all.slice(all.indexOf(level) + 1).flatMap(({ ask }) => ask() ?? []),
    };
  }
  const selection: Selection = { kind: "none", source: { kind: "none" } };
  return { selection, considered: () => all.map(passedOver), weaker: () => [] };
}

function passedOver({ kind, absent }: Level): Considered {
  return { kind, picked: false, why: absent };
}

/** A source as a sentence for people: "/home/me/work/.clauthrc:1". */
export function sourceSentence(source: Source): string {
  const place = source.line === undefined ? source.path : `${source.path}:${source.line}`;
  switch (source.kind) {
    case "bypass":
      return "CLAUTH_BYPASS=1 is set";
    case "flag":
      return "named on the command line";
    case "env":
      return "CLAUTH_PROFILE is set";
    case "config-dir":
      return `CLAUDE_CONFIG_DIR is set to ${source.path}, which is not a tree of clauth`;
    case "rc":
      return `${place} names it`;
    case "rule":
      return `the rule at ${place} matches: ${source.detail}`;
    case "inherited":
      return "inherited from the claude that started this one";
    case "default":
      return `default in ${place}`;
    case "none":
      return "nothing picks a profile";
  }
}

type Level = {
  readonly kind: SourceKind;
  readonly absent: string;
  readonly ask: () => Selection | undefined;
};

function levels(input: SelectionInput): readonly Level[] {
  return [
    {
      kind: "bypass",
      absent: "CLAUTH_BYPASS is not set",
      ask: () => untouched(input.bypass, { kind: "bypass" }),
    },
    { kind: "flag", absent: "no name on the command line", ask: () => explicitly(input.flag, "flag") },
    { kind: "env", absent: "CLAUTH_PROFILE is not set", ask: () => explicitly(input.env, "env") },
    {
      kind: "config-dir",
      absent: "no CLAUDE_CONFIG_DIR of the user's own",
      ask: () =>
        untouched(input.ownConfigDir !== undefined, { kind: "config-dir", path: input.ownConfigDir ?? "" }),
    },
    { kind: "rc", absent: "no .clauthrc here or above", ask: () => selected(input.rcFile()) },
    { kind: "rule", absent: "no rule matches", ask: () => selected(input.rule()) },
    {
      kind: "inherited",
      absent: "not started by a claude of a profile",
      ask: () => selected(input.inherited()),
    },
    { kind: "default", absent: "clauth.toml has no default", ask: () => selected(input.default) },
  ];
}

function untouched(applies: boolean, source: Source): Selection | undefined {
  return applies ? { kind: "none", source } : undefined;
}

function explicitly(choice: Choice | undefined, kind: "flag" | "env"): Selection | undefined {
  return choice === undefined ? undefined : selectionOf({ choice, source: { kind } }, true);
}

function selected(pick: Picked | undefined): Selection | undefined {
  return pick === undefined ? undefined : selectionOf(pick, false);
}

function selectionOf({ choice, source }: Picked, explicit: boolean): Selection {
  return choice === SYSTEM ? { kind: "system", source } : { kind: "profile", name: choice, source, explicit };
}
