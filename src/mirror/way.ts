import { isInside, realPath } from "../disk/real-path.ts";
import { type Pass, pathOn } from "./pass.ts";
import { type DirectorySight, identityOf } from "./sight.ts";

/** How far to look, and by which directories of claude home one came here. */
export type Way = {
  /** Into how many levels of directories that are known on both sides. What is not known is always looked at whole. */
  readonly levels: number;
  /** Directories of claude home. */
  readonly through: readonly string[];
};

/** The way below a directory of claude home; undefined, and said, where it leads back to itself or to our own. */
export function enter(pass: Pass, name: string, sight: DirectorySight, way: Way): Way | undefined {
  const path = pathOn(pass, "home", name);
  const outermost = !name.includes("/");
  const real = sight.linked || outermost ? realPath(path) : path;
  const identity = identityOf(sight.stat) || real;
  const why = way.through.includes(identity)
    ? "its links lead in a circle"
    : (sight.linked || outermost) && holdsOurs(pass, real)
      ? "the profile's own files are in it"
      : undefined;
  if (why === undefined) return { ...way, through: [...way.through, identity] };
  pass.skipped.push({ name, why });
  return undefined;
}

function holdsOurs(pass: Pass, directory: string): boolean {
  return pass.ours.some((path) => isInside(path, directory));
}
