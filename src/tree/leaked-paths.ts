export type LeakRoots = {
  /** The runtime tree, or every tree and every spelling of it that may have leaked; absolute. */
  readonly runtime: string | readonly string[];
  /** `~/.claude`, absolute: Claude Code does not expand a tilde in these files. */
  readonly claudeRoot: string;
};

/**
 * Rewrites absolute paths into a runtime tree as paths into claude home, wherever they stand in a text: a path alone, a
 * command line, a `file://` URL. Whole path segments only: `…/runtime2` and `/mnt/…/runtime` stay.
 */
export function homeward(text: string, { runtime, claudeRoot }: LeakRoots): string {
  const prefixes = typeof runtime === "string" ? [runtime] : runtime;
  return prefixes.reduce((rewritten, prefix) => replacePath(rewritten, prefix, claudeRoot), text);
}

/**
 * The same for every string value in the text of a JSON file, so that not a byte changes but those paths: no number is rounded and no layout
 * is lost. Undefined where nothing leaks, or where the text is not JSON.
 */
export function homewardText(text: string, roots: LeakRoots): string | undefined {
  if (!isJson(text)) return undefined;
  const rewritten = text.replace(STRING, (literal, offset: number) =>
    isKey(text, offset + literal.length) ? literal : rewriteLiteral(literal, roots),
  );
  return rewritten === text ? undefined : rewritten;
}

/** A JSON string literal. In valid JSON a quote outside of one always begins the next. */
const STRING = /"(?:[^"\\]|\\.)*"/g;

function isKey(text: string, end: number): boolean {
  COLON.lastIndex = end;
  return COLON.test(text);
}

const COLON = /\s*:/y;

function rewriteLiteral(literal: string, roots: LeakRoots): string {
  const value: unknown = JSON.parse(literal);
  if (typeof value !== "string") return literal;
  const rewritten = homeward(value, roots);
  return rewritten === value ? literal : JSON.stringify(rewritten);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text.replace(/^\uFEFF/, ""));
    return true;
  } catch {
    return false;
  }
}

function replacePath(text: string, prefix: string, replacement: string): string {
  let rewritten = "";
  let from = 0;
  for (let at = text.indexOf(prefix); at !== -1; at = text.indexOf(prefix, at + prefix.length)) {
    if (!beginsPath(text, at) || !endsSegment(text, at + prefix.length)) continue;
    rewritten += text.slice(from, at) + replacement;
    from = at + prefix.length;
  }
  return rewritten + text.slice(from);
}

/** The slash of a path begins it unless more of a path stands before; a URL's authority ends where its path begins. */
function beginsPath(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - "file://".length), at);
  return before === "" || !/[\p{L}\p{N}._~/\\-]$/u.test(before) || before.endsWith("file://");
}

function endsSegment(text: string, end: number): boolean {
  return end === text.length || !/^[\p{L}\p{N}._~@+%-]/u.test(text.slice(end, end + 2));
}
