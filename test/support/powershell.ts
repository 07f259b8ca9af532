import { Language, type Node, Parser } from "web-tree-sitter";

/**
 * What Windows PowerShell 5.1 would not take in a script, as `line: what`, found without any PowerShell: by a grammar of it, and
 * by rules for what that grammar lets pass. Names count as far as the script's own or listed below.
 */
export async function powershellFaults(source: string): Promise<readonly string[]> {
  const tree = (await parser()).parse(source);
  if (tree === null) throw new Error("the grammar gave no tree");
  const nodes = [...all(tree.rootNode)];
  const faults = RULES.flatMap((rule) => rule(nodes, source));
  return faults.map(({ at, what }) => `${source.slice(0, at).split("\n").length}: ${what}`);
}

type Fault = { readonly at: number; readonly what: string };
type Rule = (nodes: readonly Node[], source: string) => readonly Fault[];

let ready: Promise<Parser> | undefined;

function parser(): Promise<Parser> {
  ready ??= (async () => {
    await Parser.init();
    const wasm = Bun.resolveSync("tree-sitter-powershell/tree-sitter-powershell.wasm", import.meta.dir);
    const made = new Parser();
    made.setLanguage(await Language.load(wasm));
    return made;
  })();
  return ready;
}

function* all(node: Node): Generator<Node> {
  yield node;
  for (const child of node.children) yield* all(child);
}

const RULES: readonly Rule[] = [
  function syntax(nodes) {
    return nodes
      .filter((node) => node.isError || node.isMissing)
      .map((node) => at(node, `syntax: ${node.isMissing ? `${node.type} is missing` : excerpt(node)}`));
  },

  /** Without a byte order mark 5.1 reads a file in the code page of the machine. */
  function ascii(_, source) {
    const found = /[^\n\t -~]/.exec(source);
    return found === null ? [] : [{ at: found.index, what: "a character that is not ASCII" }];
  },

  function tryAlone(nodes) {
    return nodes
      .filter((node) => node.type === "try_statement")
      .filter((node) => !node.children.some(({ type }) => /^(catch_clauses|finally_clause)$/.test(type)))
      .map((node) => at(node, "try without catch or finally"));
  },

  function chains(nodes) {
    return ofType(nodes, "pipeline_chain_tail").map((node) =>
      at(node, `${excerpt(node)} is of PowerShell 7`),
    );
  },

  function inputRedirection(nodes) {
    return ofType(nodes, "file_redirection_operator")
      .filter(({ text }) => text.includes("<"))
      .map((node) => at(node, "< is not in PowerShell"));
  },

  /** "$name: text" is an error, "$name:text" another variable. */
  function colons(nodes, source) {
    const variables = ofType(nodes, "variable");
    const before = variables.filter(
      ({ text, endIndex }) => /^:(?!:)/.test(source.slice(endIndex, endIndex + 2)) && !text.endsWith("}"),
    );
    const scoped = variables.filter(({ text }) => !SCOPES.test(text));
    return [...before, ...scoped].map((node) => at(node, `a colon after ${node.text}: write \${name}`));
  },

  /** Catches `else` without `if`, words of other shells, and cmdlets that are misspelled or newer. */
  function commands(nodes) {
    const own = functionsOf(nodes);
    return ofType(nodes, "command_name")
      .filter(({ text }) => !own.has(text.toLowerCase()) && !(text.toLowerCase() in CMDLETS))
      .filter(({ text }) => !/\.(cmd|exe)$|^(clauth|powershell)$/.test(text))
      .map((node) => at(node, `no command of Windows PowerShell 5.1 that is known: ${node.text}`));
  },

  function parameters(nodes) {
    return ofType(nodes, "command").flatMap((command) => {
      const name = command.childForFieldName("command_name")?.text.toLowerCase() ?? "";
      const known = CMDLETS[name];
      if (known === undefined) return [];
      return [...all(command)]
        .filter((node) => node.type === "command_parameter" && ownerOf(node) === command.id)
        .filter(({ text }) => !known.split(" ").includes(text.slice(1).toLowerCase()))
        .map((node) => at(node, `${name} has no known ${node.text}`));
    });
  },

  /** Under strict mode a misspelled variable is an error, on the machine where that line is reached. */
  function variables(nodes) {
    const named = ofType(nodes, "variable");
    const set = new Set(named.filter(isSet).map(({ text }) => text.toLowerCase()));
    const unknown = named.filter(({ text }) => {
      const name = text.toLowerCase().replace(/^\$\{(.*)\}$/, "$$$1");
      return !set.has(name) && !AUTOMATIC.has(name) && !name.startsWith("$env:");
    });
    const readOnly = named.filter((node) => isSet(node) && READ_ONLY.has(node.text.toLowerCase()));
    return [
      ...unknown.map((node) => at(node, `${node.text} is never set`)),
      ...readOnly.map((node) => at(node, `${node.text} is PowerShell's own`)),
    ];
  },

  /** What it sets is cut off at 1024 characters, expanded, or run as code. */
  function dangers(nodes, source) {
    const comments = ofType(nodes, "comment");
    return [...source.matchAll(/\bsetx\b|::SetEnvironmentVariable|\bInvoke-Expression\b|\biex\b/gi)]
      .filter(
        ({ index }) => !comments.some(({ startIndex, endIndex }) => startIndex <= index && index < endIndex),
      )
      .map((match) => ({ at: match.index, what: `never ${match[0]}` }));
  },
];

function at(node: Node, what: string): Fault {
  return { at: node.startIndex, what };
}

function excerpt({ text }: Node): string {
  return JSON.stringify(text.slice(0, 40));
}

function ofType(nodes: readonly Node[], type: string): readonly Node[] {
  return nodes.filter((node) => node.type === type);
}

function functionsOf(nodes: readonly Node[]): ReadonlySet<string> {
  return new Set(ofType(nodes, "function_name").map(({ text }) => text.toLowerCase()));
}

function ownerOf(node: Node): number | undefined {
  let owner = node.parent;
  while (owner !== null && owner.type !== "command") owner = owner.parent;
  return owner?.id;
}

/** The target of an assignment (not the index in it), the variable of a loop, or a parameter. */
function isSet(node: Node): boolean {
  if (node.parent?.type === "script_parameter") return true;
  if (node.parent?.type === "foreach_statement") return true;
  let above = node.parent;
  while (above !== null && above.text === node.text) above = above.parent;
  return above?.type === "assignment_expression" && above.startIndex === node.startIndex;
}

const SCOPES = /^\$\{?(?:(?:env|global|script|local):)?[\w^$?]+\}?$/i;

const READ_ONLY: ReadonlySet<string> = new Set(
  "$args $error $executioncontext $false $home $host $input $matches $pid $psscriptroot $pwd $true $_".split(
    " ",
  ),
);

/** What is given to `$null` is thrown away. */
const AUTOMATIC: ReadonlySet<string> = new Set([...READ_ONLY, "$null", "$lastexitcode"]);

/** What is used of Windows PowerShell 5.1, by its documentation, with the parameters that are. */
const CMDLETS: Readonly<Record<string, string>> = {
  "convertfrom-json": "",
  "copy-item": "literalpath destination recurse",
  "foreach-object": "",
  "get-command": "name commandtype erroraction",
  "get-content": "literalpath raw tail",
  "get-process": "id",
  "invoke-webrequest": "usebasicparsing uri outfile",
  "join-path": "",
  "new-item": "itemtype path",
  "out-null": "",
  "pop-location": "",
  "push-location": "literalpath",
  "read-host": "",
  "register-argumentcompleter": "native commandname scriptblock",
  "remove-item": "literalpath recurse force erroraction",
  "set-item": "literalpath value",
  "set-strictmode": "version",
  "test-path": "literalpath pathtype",
  "where-object": "",
};
