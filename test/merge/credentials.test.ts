import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  type CredentialsBase,
  type CredentialsDecision,
  type CredentialsInput,
  decideCredentials,
} from "../../src/merge/credentials.ts";
import { type CredentialsFile, fingerprint, judgeCredentials } from "../../src/merge/judge-credentials.ts";
import { file, login, stub, textOf } from "./logins.ts";

const A = login("A", { at: 100n });
const B = login("B", { at: 200n });

describe("decideCredentials, the link stands", () => {
  test("sync_no_op_when_link_is_symlink", () => {
    expect(decide({ canonical: A, tree: { kind: "link-ok" } }).do).toBe("nothing");
    expect(decide({ canonical: undefined, tree: { kind: "link-ok" } }).do).toBe("nothing");
    expect(decide({ canonical: file("damaged"), tree: { kind: "link-ok" } }).do).toBe("nothing");
  });

  test("a canonical login that the pin refuses starts no session, and nothing is touched", () => {
    const identity = { email: "b@x.org", uuid: "u-b" };
    const decision = decide({ canonical: A, tree: { kind: "link-ok" }, pin: "a@x.org", identity });
    expect(decision).toMatchObject({ do: "reject-account", cure: "refuse", quarantine: [] });
    expect(decide({ canonical: A, tree: { kind: "link-ok" }, pin: "a@x.org" }).do).toBe("nothing");
  });

  test("a link to anywhere else is put right, so that no other login is used", () => {
    expect(decide({ canonical: A, tree: { kind: "link-wrong" } })).toMatchObject({
      do: "relink",
      quarantine: [],
    });
    expect(decide({ canonical: undefined, tree: { kind: "link-wrong" } }).do).toBe("relink");
  });
});

describe("decideCredentials, the link is gone", () => {
  const gone = { kind: "missing" } as const;

  test("sync_no_op_when_link_missing and the profile is logged out", () => {
    expect(decide({ canonical: undefined, tree: gone, oauthAccountDropped: true }).do).toBe("nothing");
  });

  test("a real logout is carried, the login to quarantine", () => {
    const decision = decide({ base: baseOf(A), canonical: A, tree: gone, oauthAccountDropped: true });
    expect(decision).toMatchObject({ do: "log-out", quarantine: [{ bytes: A.bytes }] });
  });

  test.each([
    ["oauthAccount is still there", { base: baseOf(A), canonical: A, oauthAccountDropped: false }],
    ["there is no base", { canonical: A, oauthAccountDropped: true }],
    ["somebody logged in beside", { base: baseOf(A), canonical: B, oauthAccountDropped: true }],
    [
      "somebody logged in beside, and it is too early to say",
      { base: baseOf(A), canonical: B, oauthAccountDropped: "unknown" },
    ],
  ] as const)("it is linked again where %s", (_, facts) => {
    expect(decide({ ...facts, tree: gone }).do).toBe("link");
  });

  test("it waits until .claude.json tells whether this was a logout", () => {
    const decision = decide({ base: baseOf(A), canonical: A, tree: gone, oauthAccountDropped: "unknown" });
    expect(decision).toMatchObject({ do: "wait", for: "logout" });
  });
});

describe("decideCredentials, a file where the link was", () => {
  test("relinks_when_content_matches, and writes nothing else (trap 18)", () => {
    const decision = decide({ base: baseOf(A), canonical: A, tree: asTree({ ...A, mtimeNs: 900n }) });
    expect(decision).toMatchObject({ do: "relink", quarantine: [] });
  });

  test("a refresh is adopted byte for byte, also with unknown blocks", () => {
    const refreshed = login("A2", { at: 1n, blocks: { mcpOAuth: { s: {} }, myExtra: 1 } });
    const decision = decide({ base: baseOf(A), canonical: A, tree: asTree(refreshed) });
    expect(decision).toMatchObject({ do: "adopt", login: "tree", bytes: refreshed.bytes });
    expect(quarantineOf(decision)).toEqual([A.bytes]);
  });

  test.each([
    ["creates_canonical_when_missing", undefined],
    ["runtime_wins_when_canonical_unparseable", file("{", 900n)],
    ["runtime_wins_when_canonical_empty", file("", 900n)],
    ["runtime_wins_when_canonical_is_the_stub", stub({ at: 900n })],
    ["runtime_wins_when_canonical_has_no_login", file("{}", 900n)],
  ])("%s", (_, canonical) => {
    const decision = decide({ canonical, tree: asTree(A) });
    expect(decision).toMatchObject({ do: "adopt", login: "tree", bytes: A.bytes, account: "none" });
    expect(quarantineOf(decision)).toEqual(canonical === undefined ? [] : [canonical.bytes]);
  });

  test("an older token is adopted where it is the only login left, and counts as the newest then", () => {
    const base = { canonicalHash: "gone", history: historyOf("A", "B") };
    const decision = decide({ base, canonical: undefined, tree: asTree(A) });
    expect(decision).toMatchObject({ do: "adopt", historyAfter: historyOf("A", "B", "A") });
  });

  test("a login as another account is adopted and said", () => {
    const before = login("A", { uuid: "u-a" });
    const decision = decide({
      base: baseOf(before),
      canonical: before,
      tree: asTree(login("B", { uuid: "u-b" })),
    });
    expect(decision).toMatchObject({ do: "adopt", account: "other" });
    expect(quarantineOf(decision)).toEqual([before.bytes]);
  });

  test("canonical changed beside the tree: it is linked again, and the tree's bytes are kept", () => {
    const decision = decide({
      base: baseOf(A),
      canonical: login("B", { at: 1n }),
      tree: asTree({ ...A, mtimeNs: 900n }),
    });
    expect(decision.do).toBe("relink");
    expect(quarantineOf(decision)).toEqual([A.bytes]);
  });

  test("both changed: the later write stands, the loser goes to quarantine with its MCP logins carried over", () => {
    const blocks = { mcpOAuth: { s: { accessToken: "x" } } };
    const tree = login("C", { at: 300n });
    const canonical = login("B", { at: 200n, blocks });
    const adopted = decide({ base: baseOf(A), canonical, tree: asTree(tree) });
    expect(adopted).toMatchObject({ do: "adopt", login: "tree" });
    expect(quarantineOf(adopted)).toEqual([canonical.bytes]);
    expect(adopted.do === "adopt" && judgeCredentials(adopted.bytes)).toMatchObject({
      refreshToken: "sk-ant-ort01-fakeC",
      document: blocks,
    });
    const kept = decide({ base: baseOf(A), canonical: { ...canonical, mtimeNs: 400n }, tree: asTree(tree) });
    expect(kept).toMatchObject({ do: "relink" });
    expect(quarantineOf(kept)).toEqual([tree.bytes]);
  });

  test("a restored backup loses whatever its time, and brings none of its old MCP logins", () => {
    const base = { canonicalHash: fingerprint(B.bytes), history: historyOf("A", "B") };
    const old = login("A", { at: 900n, blocks: { mcpOAuth: { s: {} } } });
    const decision = decide({ base, canonical: B, tree: asTree(old) });
    expect(decision).toMatchObject({ do: "relink", historyAfter: historyOf("A", "B") });
    expect(quarantineOf(decision)).toEqual([old.bytes]);
  });

  test("an MCP logout on the side that changed alone is not undone by the other", () => {
    const before = login("A", { blocks: { mcpOAuth: { s: { accessToken: "x" } } } });
    const after = login("A", { at: 900n });
    const inTree = decide({ base: baseOf(before), canonical: before, tree: asTree(after) });
    expect(inTree).toMatchObject({ do: "adopt", bytes: after.bytes });
    expect(decide({ base: baseOf(before), canonical: after, tree: asTree(before) }).do).toBe("relink");
  });

  test("a loser is older than the winner ever after", () => {
    const decision = decide({ canonical: login("A", { at: 2n }), tree: asTree(login("B", { at: 1n })) });
    expect(decision).toMatchObject({ do: "relink", historyAfter: historyOf("B", "A") });
  });
});

describe("decideCredentials, a file without a login (trap 15)", () => {
  test.each([
    ["sync_skips_invalid_json", file("{")],
    ["sync_skips_empty_credentials", file("{}")],
    ["an empty file", file("")],
    ["zero bytes", file(new Uint8Array(32))],
    ["the stub", stub()],
  ])("%s replaces no login, however late", (_, damaged) => {
    const decision = decide({
      base: baseOf(login("Z")),
      canonical: A,
      tree: asTree({ ...damaged, mtimeNs: 900n }),
    });
    expect(decision.do).toBe("relink");
    expect(quarantineOf(decision)).toEqual([damaged.bytes]);
  });

  test.each([
    ["none", undefined],
    ["a damaged one", file("[")],
    ["the stub", stub({ blocks: { x: 1 } })],
  ])("stays where canonical is no better: %s", (_, canonical) => {
    for (const tree of [file("{"), file("{}"), stub()]) {
      expect(decide({ canonical, tree: asTree(tree) }).do).toBe("nothing");
    }
  });

  test("the stub beside the token that got it is dead: nothing is relinked", () => {
    const decision = decide({ base: baseOf(A), canonical: A, tree: asTree(stub()) });
    expect(decision).toMatchObject({ do: "dead", quarantine: [{ bytes: A.bytes }] });
  });

  test("the stub beside a newer canonical login is replaced, its MCP logins are kept (trap 13)", () => {
    const blocks = { mcpOAuth: { s: { accessToken: "x" } } };
    const decision = decide({ base: baseOf(A), canonical: B, tree: asTree(stub({ blocks })) });
    expect(decision).toMatchObject({ do: "adopt", login: "canonical" });
    expect(decision.do === "adopt" && textOf(decision.bytes)).toContain("sk-ant-ort01-fakeB");
    expect(decision.do === "adopt" && judgeCredentials(decision.bytes).document).toMatchObject(blocks);
  });

  test("the stub is relinked where no base says which token got it", () => {
    expect(decide({ canonical: A, tree: asTree(stub()) }).do).toBe("relink");
  });

  test("a logout that leaves other blocks behind is one too", () => {
    const facts = { base: baseOf(A), canonical: A, tree: asTree(file('{"mcpOAuth":{}}')) };
    expect(decide({ ...facts, oauthAccountDropped: true }).do).toBe("log-out");
    expect(decide({ ...facts, oauthAccountDropped: "unknown" }).do).toBe("wait");
    expect(decide({ ...facts, oauthAccountDropped: false }).do).toBe("adopt");
  });

  test("the stub and damage are never taken for a logout", () => {
    for (const tree of [stub(), file("{"), file("")]) {
      const decision = decide({
        base: baseOf(A),
        canonical: A,
        tree: asTree(tree),
        oauthAccountDropped: true,
      });
      expect(decision.do).not.toBe("log-out");
    }
  });
});

describe("decideCredentials, a pinned profile", () => {
  const mine = login("A", { uuid: "u-a" });
  const theirs = login("B", { uuid: "u-b", at: 900n });
  const pinned = { base: baseOf(mine), canonical: mine, pin: "u-a" };

  test("another account's login is refused and kept in quarantine (trap 17)", () => {
    const decision = decide({ ...pinned, tree: asTree(theirs) });
    expect(decision).toMatchObject({
      do: "reject-account",
      cure: "relink",
      quarantine: [{ bytes: theirs.bytes }],
    });
    expect(decision.historyAfter).not.toContain(fingerprint("sk-ant-ort01-fakeB"));
  });

  test("another account's login is taken out where the profile has none of its own", () => {
    const decision = decide({ canonical: undefined, pin: "u-a", tree: asTree(theirs) });
    expect(decision).toMatchObject({ do: "reject-account", cure: "remove" });
  });

  test("a login whose account is not known yet waits, and stays usable in the tree", () => {
    const decision = decide({ ...pinned, tree: asTree(login("N")) });
    expect(decision).toMatchObject({ do: "wait", for: "account", historyAfter: historyOf("A") });
    const beside = decide({
      ...pinned,
      canonical: login("B", { at: 1n }),
      tree: asTree(login("N", { at: 2n })),
    });
    expect(beside).toMatchObject({ do: "wait", historyAfter: historyOf("A") });
  });

  test("a refresh that names the same account is adopted at once, by e-mail too", () => {
    const refreshed = asTree(login("A2", { uuid: "u-a" }));
    expect(decide({ ...pinned, tree: refreshed }).do).toBe("adopt");
    expect(decide({ ...pinned, pin: "me@x.org", tree: refreshed }).do).toBe("adopt");
  });

  test("an older file is judged by oauthAccount", () => {
    const facts = { ...pinned, pin: "me@x.org", tree: asTree(login("N")) };
    expect(decide({ ...facts, identity: { email: "ME@x.org" } }).do).toBe("adopt");
    expect(decide({ ...facts, identity: { email: "you@x.org" } }).do).toBe("reject-account");
  });
});

describe("decideCredentials, for any files", () => {
  const anyFile = fc.oneof(
    fc
      .record({
        name: fc.constantFrom("A", "B", "C"),
        at: fc.constantFrom(1n, 2n),
        expiresAt: fc.constantFrom(null, 1_800_000_000, 1_900_000_000_000),
        uuid: fc.constantFrom("u-a", "u-b", undefined),
        blocks: fc.constantFrom({}, { mcpOAuth: { s: { accessToken: "x" } } }),
      })
      .map(({ name, uuid, ...facts }) => login(name, { ...facts, ...(uuid !== undefined && { uuid }) })),
    fc.constantFrom(stub(), stub({ blocks: { mcpOAuth: { t: {} } } }), file("{}"), file(""), file("{")),
    fc.uint8Array({ maxLength: 8 }).map((bytes) => file(bytes)),
  );
  const anyState = fc.record({
    base: fc.option(
      fc
        .tuple(fc.option(anyFile), fc.array(fc.constantFrom("A", "B", "C"), { maxLength: 4 }))
        .map(([of, names]) => ({
          canonicalHash: of === null ? "none" : fingerprint(of.bytes),
          history: historyOf(...names),
        })),
      { nil: undefined },
    ),
    canonical: fc.option(anyFile, { nil: undefined }),
    tree: fc.oneof(
      fc.constantFrom(
        { kind: "link-ok" } as const,
        { kind: "link-wrong" } as const,
        { kind: "missing" } as const,
      ),
      anyFile.map(asTree),
    ),
    oauthAccountDropped: fc.constantFrom(true, false, "unknown" as const),
    pin: fc.constantFrom(undefined, "u-a", "me@x.org"),
    identity: fc.constantFrom(
      undefined,
      {},
      { email: "me@x.org", uuid: "u-a" },
      { email: "you@x.org", uuid: "u-b" },
    ),
  });

  test("every login that was there is canonical, in the tree or in quarantine afterwards", () => {
    fc.assert(
      fc.property(anyState, (state) => {
        const after = applied(state, decideCredentials(state));
        const kept = [after.canonical, treeFile(after.tree)].flatMap((one) =>
          one === undefined ? [] : [one.bytes],
        );
        const tokens = [...kept, ...after.quarantine].map((bytes) => judgeCredentials(bytes).refreshToken);
        for (const before of [state.canonical, treeFile(state.tree)]) {
          if (before === undefined) continue;
          const { refreshToken } = judgeCredentials(before.bytes);
          if (refreshToken !== undefined) expect(tokens).toContain(refreshToken);
        }
      }),
    );
  });

  test("no bytes that carry a login are overwritten without standing somewhere else", () => {
    fc.assert(
      fc.property(anyState, (state) => {
        const after = applied(state, decideCredentials(state));
        const before = state.canonical;
        if (before === undefined || after.canonical === before) return;
        const sameLogin =
          after.canonical !== undefined &&
          judgeCredentials(after.canonical.bytes).refreshToken ===
            judgeCredentials(before.bytes).refreshToken;
        expect(sameLogin || after.quarantine.some((bytes) => textOf(bytes) === textOf(before.bytes))).toBe(
          true,
        );
      }),
    );
  });

  test("a canonical login never becomes no login, except by a logout", () => {
    fc.assert(
      fc.property(anyState, (state) => {
        fc.pre(state.canonical !== undefined && judgeCredentials(state.canonical.bytes).login);
        const decision = decideCredentials(state);
        const { canonical } = applied(state, decision);
        const stillIn = canonical !== undefined && judgeCredentials(canonical.bytes).login;
        expect(stillIn || decision.do === "log-out").toBe(true);
        if (decision.do === "log-out") expect(state.oauthAccountDropped).toBe(true);
      }),
    );
  });

  test("a login that names another account than a pinned uuid never replaces one of the pinned account", () => {
    fc.assert(
      fc.property(anyState, (state) => {
        fc.pre(state.pin === "u-a");
        const was = state.canonical && judgeCredentials(state.canonical.bytes).accountUuid;
        fc.pre(was !== "u-b");
        const after = applied(state, decideCredentials(state)).canonical;
        if (after !== state.canonical && after !== undefined) {
          const { accountUuid, refreshToken } = judgeCredentials(after.bytes);
          const sameToken =
            state.canonical && judgeCredentials(state.canonical.bytes).refreshToken === refreshToken;
          expect(accountUuid !== "u-b" || sameToken === true).toBe(true);
        }
      }),
    );
  });

  test("carrying a decision out leaves nothing to decide but what is waited for or refused", () => {
    fc.assert(
      fc.property(anyState, (state) => {
        const decision = decideCredentials(state);
        const after = applied(state, decision);
        const again = decideCredentials(after);
        const expected =
          decision.do === "wait" || decision.do === "dead" || decision.do === "nothing"
            ? [decision.do]
            : ["nothing", "reject-account"];
        expect(expected).toContain(again.do);
        if (again.do === "reject-account") expect(again.cure).toBe("refuse");
        expect(again.historyAfter).toEqual(decision.historyAfter);
      }),
    );
  });
});

/** What the applying code does, on values. */
function applied(state: CredentialsInput, decision: CredentialsDecision) {
  const linked = { kind: "link-ok" } as const;
  const quarantine = quarantineOf(decision);
  const shown = (canonical: CredentialsFile | undefined) => ({
    ...state,
    canonical,
    tree: linked,
    quarantine,
    base: {
      canonicalHash: canonical === undefined ? "" : fingerprint(canonical.bytes),
      history: decision.historyAfter,
    },
  });
  const untouched = {
    ...state,
    quarantine,
    base: state.base && { ...state.base, history: decision.historyAfter },
  };
  switch (decision.do) {
    case "nothing":
    case "wait":
    case "dead":
      return untouched;
    case "link":
    case "relink":
      return shown(state.canonical);
    case "adopt":
      return shown({ bytes: decision.bytes, mtimeNs: 1000n });
    case "log-out":
      return { ...untouched, canonical: undefined };
    case "reject-account":
      if (decision.cure === "refuse") return untouched;
      return decision.cure === "relink"
        ? shown(state.canonical)
        : { ...untouched, tree: { kind: "missing" } as const };
  }
}

function quarantineOf(decision: CredentialsDecision): Uint8Array[] {
  return "quarantine" in decision ? decision.quarantine.map(({ bytes }) => bytes) : [];
}

function treeFile(tree: CredentialsInput["tree"]): CredentialsFile | undefined {
  return tree.kind === "file" ? tree : undefined;
}

function decide(facts: Partial<CredentialsInput> & Pick<CredentialsInput, "canonical" | "tree">) {
  return decideCredentials({ base: undefined, oauthAccountDropped: false, ...facts });
}

function asTree(content: CredentialsFile) {
  return { kind: "file", ...content } as const;
}

function baseOf({ bytes }: CredentialsFile): CredentialsBase {
  const { refreshToken } = judgeCredentials(bytes);
  return {
    canonicalHash: fingerprint(bytes),
    history: refreshToken === undefined ? [] : [fingerprint(refreshToken)],
  };
}

function historyOf(...names: string[]): string[] {
  return names.map((name) => fingerprint(`sk-ant-ort01-fake${name}`));
}
