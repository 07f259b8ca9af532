import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/**
 * Who may import whom: a module only what stands in its own folder or on a line below. Folders stand for all that is in
 * them. Nobody imports an entry.
 */
const LAYERS = [
  ["main.ts"],
  ["plain-call.ts"],
  ["plain-profile.ts"],
  ["clauth.ts"],
  ["end-as-claude.ts", "pass-through.ts"],
  ["cli.ts"],
  ["commands"],
  ["doctor"],
  ["adopt"],
  ["editor"],
  ["shim.ts"],
  ["session"],
  ["environment"],
  ["reconcile", "selection", "real-claude.ts", "recursion.ts"],
  ["claude-places.ts", "wrapped-program.ts"],
  ["mirror"],
  ["tree"],
  ["profile"],
  ["config"],
  ["quarantine.ts", "lock", "log.ts"],
  ["windows"],
  ["merge", "run", "own-executable.ts", "first-on-path.ts"],
  ["identity-keys.ts", "disk", "keychain"],
  ["kernel32.ts"],
  ["libc.ts"],
  ["report.ts", "paths.ts", "enclosing-claude.ts"],
  ["context.ts"],
  ["profile-name.ts", "called-as.ts"],
  ["json.ts"],
  [
    "errors.ts",
    "shell-line.ts",
    "checkpoint.ts",
    "pause.ts",
    "utf8.ts",
    "fs.ts",
    "path.ts",
    "shim-marker.ts",
  ],
  ["fs"],
] as const;

/** The only places of each package: none of them is loaded before claude has started. */
const PACKAGES: Readonly<Record<string, RegExp>> = {
  zod: /^config\/config-schema\.ts$/,
  "proper-lockfile": /^lock\/claude-locks\.ts$/,
  citty: /^(cli\.ts|commands\/)/,
};

describe("the architecture", () => {
  const modules = modulesBelow(join(import.meta.dir, "..", "src"));

  test("has a layer for every module", () => {
    expect([...modules.keys()].filter((module) => layerOf(module) === -1)).toEqual([]);
  });

  test("is imported downwards alone", () => {
    const upwards = [...modules].flatMap(([module, { imports }]) =>
      imports
        .filter(
          ({ to }) =>
            to.startsWith(".") && !to.endsWith("/package.json") && !isBelow(module, resolved(module, to)),
        )
        .map(({ to }) => `${module} imports ${resolved(module, to)}`),
    );
    expect(upwards).toEqual([]);
  });

  test("keeps each package to its place", () => {
    const astray = [...modules].flatMap(([module, { imports }]) =>
      imports
        .filter(({ to }) => isPackage(to) && PACKAGES[to]?.test(module) !== true)
        .map(({ to }) => `${module} imports ${to}`),
    );
    expect(astray).toEqual([]);
  });

  test("loads no package before claude starts", () => {
    const hot = loadedBefore("main.ts", modules, ["shim.ts"]);
    const packages = [...hot]
      .flatMap((module) => modules.get(module)?.imports ?? [])
      .filter(({ to, lazy }) => !lazy && isPackage(to));
    expect(packages).toEqual([]);
    expect([...hot]).not.toContain("lock/claude-locks.ts");
  });

  test("loads no package for a prompt or a status line", () => {
    for (const verb of ["current", "statusline"]) {
      const loaded = [...loadedBefore("cli.ts", modules, [`commands/${verb}.ts`])];
      const packages = loaded.flatMap((module) => modules.get(module)?.imports ?? []);
      expect(packages.filter(({ to, lazy }) => !lazy && isPackage(to))).toEqual([]);
    }
  });

  test("loads a known number of modules before claude starts", () => {
    // Each costs a start some microseconds: a change of these numbers wants a reason in its commit.
    expect(loadedBefore("main.ts", modules, []).size).toMatchInlineSnapshot(`18`);
    expect(loadedBefore("main.ts", modules, ["plain-call.ts"]).size).toMatchInlineSnapshot(`28`);
    expect(
      loadedBefore("main.ts", modules, ["plain-call.ts", "plain-profile.ts"]).size,
    ).toMatchInlineSnapshot(`81`);
    expect(
      loadedBefore("main.ts", modules, ["plain-call.ts", "plain-profile.ts", "shim.ts"]).size,
    ).toMatchInlineSnapshot(`135`);
  });

  test("loads one of Bun's own modules before claude starts", () => {
    // Each costs more than all of ours: node:fs and node:path 1 ms, node:os 1.4, node:crypto 3.0, node:tty 3.2 (measured on Bun 1.4.5).
    const hot = [...loadedBefore("main.ts", modules, ["shim.ts"])];
    const builtIn = hot
      .flatMap((module) => modules.get(module)?.imports ?? [])
      .filter(({ to }) => /^(node|bun):/.test(to));
    const eager = new Set(builtIn.filter(({ lazy }) => !lazy).map(({ to }) => to));
    expect([...eager].sort()).toEqual(["bun:ffi"]);
  });

  test("reads the process in its entries, context.ts and run/ alone", () => {
    const readers = [...modules]
      .filter(([, { text }]) => /\bprocess\.(argv|env|cwd|exit|on|stdout|stderr|stdin)\b/.test(text))
      .map(([module]) => module);
    // claude-locks.ts keeps a package from making ignored signals deadly, for which it has to listen to them.
    const allowed =
      /^(main|end-as-claude|clauth|pass-through|called-as|context)\.ts$|^run\/|^lock\/claude-locks\.ts$/;
    expect(readers.filter((module) => !allowed.test(module))).toEqual([]);
  });
});

type Import = { readonly to: string; readonly lazy: boolean };
type Module = { readonly text: string; readonly imports: readonly Import[] };

function modulesBelow(root: string): Map<string, Module> {
  const names = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  return new Map(names.sort().map((name) => [name, moduleOf(readFileSync(join(root, name), "utf8"))]));
}

/** Types count for the direction, so the text is read: the transpiler drops them. */
function moduleOf(text: string): Module {
  const eager = [...text.matchAll(/^(?:import|export)\s(?!type\s)[^;]*?from "([^"]+)";/gms)];
  const types = [...text.matchAll(/^(?:import|export)\stype\s[^;]*?from "([^"]+)";/gms)];
  const lazy = [...text.matchAll(/import\("([^"]+)"\)/g)];
  return {
    text,
    imports: [
      ...eager.map((match) => ({ to: match[1] ?? "", lazy: false })),
      ...[...types, ...lazy].map((match) => ({ to: match[1] ?? "", lazy: true })),
    ],
  };
}

function isPackage(specifier: string): boolean {
  return !specifier.startsWith(".") && !/^(node|bun):/.test(specifier);
}

function resolved(module: string, to: string): string {
  return normalize(join(dirname(module), to));
}

function layerOf(module: string): number {
  return LAYERS.findIndex((layer) =>
    layer.some((place) => module === place || module.startsWith(`${place}/`)),
  );
}

function isBelow(module: string, imported: string): boolean {
  const folder = dirname(module);
  return (folder !== "." && dirname(imported) === folder) || layerOf(imported) > layerOf(module);
}

/** What is loaded from `entry` on, with the lazy modules `also` that every start of a session takes. */
function loadedBefore(
  entry: string,
  modules: ReadonlyMap<string, Module>,
  also: readonly string[],
): Set<string> {
  const loaded = new Set<string>();
  const queue = [entry, ...also];
  for (let module = queue.pop(); module !== undefined; module = queue.pop()) {
    if (loaded.has(module)) continue;
    loaded.add(module);
    for (const { to, lazy } of modules.get(module)?.imports ?? []) {
      if (!lazy && to.startsWith(".")) queue.push(resolved(module, to));
    }
  }
  return loaded;
}
