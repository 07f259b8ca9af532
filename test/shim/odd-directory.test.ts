import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { createProbeSandbox, type ProbeSandbox } from "../support/process-probe.ts";

// Dozens of starts, on a machine that may be busy.
setDefaultTimeout(60_000);

test("a file that picks a profile is refused, not passed over, where its directory can't be named", async () => {
  using box = createProbeSandbox();
  for (const made of ["printf work >.clauthrc", "printf work >../.clauthrc"]) {
    const script = `mkdir -p $'odd\\xff/below'; cd $'odd\\xff/below'; ${made}; claude; status=$?; rm -f .clauthrc ../.clauthrc; exit $status`;
    const { code, stderr, reports } = await box.observe("passthrough", script);
    expect({ code, started: reports.length }).toEqual({ code: 125, started: 0 });
    expect(stderr).toContain(".clauthrc can't be read here");
    expect(stderr).toContain("CLAUTH_PROFILE=NAME");
  }
});

test("so is a repository there where a rule goes by the remote", async () => {
  using box = createProbeSandbox();
  const script = "mkdir -p $'odd\\xff/.git'; cd $'odd\\xff'; claude";
  expect((await box.observe("passthrough", script)).code).toBe(0);
  const rules = '\n[[rule]]\nremote = "github.com/acme/*"\nprofile = "work"\n';
  const seen = await box.observe("passthrough", `printf '${rules}' >"$CLAUTH_HOME/clauth.toml"; ${script}`);
  expect(seen).toMatchObject({ code: 125, reports: [] });
  expect(seen.stderr).toContain(".git can't be read here");
});

test("a directory of the name that its bytes become is another one", async () => {
  using box = createProbeSandbox();
  const made = "mkdir -p $'odd\\xff' $'odd\\uFFFD'; printf work >$'odd\\uFFFD/.clauthrc'";
  const seen = await box.observe(
    "passthrough",
    `${made}; cd $'odd\\xff'; claude; cd $'../odd\\uFFFD'; claude`,
  );
  const picked = seen.reports.map(({ environment }) => environment.includes("CLAUTH_ACTIVE_PROFILE=work"));
  expect({ code: seen.code, picked: picked.sort() }).toEqual({ code: 0, picked: [false, true] });
});

test("a home in such a directory is as far as anything is looked for", async () => {
  using box = createProbeSandbox();
  const made = "printf nobody >.clauthrc; mkdir -p $'odd\\xff/home/below'; ln -s $'odd\\xff/home' home";
  const seen = await box.observe("passthrough", `${made}; cd home/below; HOME=\${PWD%/below} claude`);
  expect({ code: seen.code, stderr: seen.stderr, started: seen.reports.length }).toEqual({
    code: 0,
    stderr: "",
    started: 1,
  });
});

test("a rule picks nobody in a directory that can't be told from its own", async () => {
  using box = createProbeSandbox();
  const rule = `printf '[[rule]]\ndir = "~/cafe"\nprofile = "work"\n' >"$CLAUTH_HOME/clauth.toml"`;
  const made = `${rule}; mkdir -p $'caf\\xe8' $'caf\\xe9'`;
  const seen = await box.observe(
    "passthrough",
    `${made}; ln -s "$PWD"/$'caf\\xe9' ~/cafe; cd $'caf\\xe8'; claude`,
  );
  expect(seen).toMatchObject({ code: 125, reports: [] });
  expect(seen.stderr).toContain("the rule for ~/cafe can't be judged here");
  const above = await box.observe("passthrough", `${made}; ln -sfn "$PWD" ~/cafe; cd $'caf\\xe8'; claude`);
  expect(above.reports[0]?.environment).toContain("CLAUTH_ACTIVE_PROFILE=work");
});

test("a store is reached by a link to such a directory", async () => {
  using box = createProbeSandbox();
  const made = `mkdir $'odd\\xff'; cp -a "$CLAUTH_HOME" $'odd\\xff/store'; ln -s $'odd\\xff' by`;
  const set = `printf 'default = "work"\n' >by/store/clauth.toml`;
  const { code, reports } = await box.observe(
    "passthrough",
    `${made}; ${set}; CLAUTH_HOME="$PWD/by/store" claude`,
  );
  expect(code).toBe(0);
  expect(reports[0]?.environment).toContain(
    `CLAUDE_CONFIG_DIR=${join(box.project, "by/store/profiles/work/runtime")}`,
  );
});

test("an explicit choice does not need the directory's name", async () => {
  using box = createProbeSandbox();
  const script = "mkdir -p $'odd\\xff'; cd $'odd\\xff'; printf own >.clauthrc; CLAUTH_PROFILE=work claude";
  const { code, reports } = await box.observe("passthrough", script);
  expect(code).toBe(0);
  expect(reports[0]?.environment).toContain(`CLAUDE_CONFIG_DIR=${box.profile("work", "runtime")}`);
});

test("a HOME that does not exist yet stops no profile", async () => {
  using box = createProbeSandbox();
  const { code, stderr } = await box.observe("profile", 'HOME="$HOME/new" claude');
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});

const CLOSED = "--bounding-set=-dac_override,-dac_read_search --inh-caps=-dac_override,-dac_read_search";

test.skipIf(process.getuid?.() !== 0 || Bun.which("setpriv") === null)(
  "a working directory below a closed one is not said to be gone",
  async () => {
    using box = createProbeSandbox();
    const script = (call: string) =>
      `mkdir -p shut/below; cd shut/below; chmod 0 ..; ${call}; status=$?; chmod 700 ..; exit $status`;
    const chosen = await box.observe("passthrough", script(`CLAUTH_PROFILE=system setpriv ${CLOSED} claude`));
    expect(chosen).toMatchObject({ code: 0, stderr: "" });
    expect(chosen.reports).toHaveLength(1);
    const unknown = await box.observe("passthrough", script(`setpriv ${CLOSED} claude`));
    expect(unknown).toMatchObject({ code: 125, reports: [] });
    expect(unknown.stderr).toContain("shut/below/.clauthrc");
    expect(unknown.stderr).not.toContain("no longer exists");
  },
);

test("a deleted working directory ends in one clear error, and no claude", async () => {
  using box = createProbeSandbox();
  for (const way of ["passthrough", "profile"] as const) {
    const { code, stderr, reports } = await inDeletedDirectory(box, way);
    expect({ way, failed: code !== 0, started: reports.length }).toEqual({ way, failed: true, started: 0 });
    expect(stderr.match(/working directory/gi)).toHaveLength(1);
  }
});

function inDeletedDirectory(box: ProbeSandbox, way: "passthrough" | "profile") {
  return box.observe(way, 'mkdir gone; cd gone; rmdir "$PWD"; exec claude');
}
