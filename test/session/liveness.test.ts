import { describe, expect, test } from "bun:test";
import {
  type Evidence,
  type Here,
  judgeLiveness,
  type Liveness,
  placeHere,
} from "../../src/session/liveness.ts";

const place = { bootId: "boot-now", pidNamespace: "pid:[1]" };
const here: Here = {
  place: () => place,
  isLocal: () => true,
  bootTime: () => Date.parse("2026-01-02T00:00:00Z"),
  livesUnlocked: () => false,
};
const elsewhere: Here = { ...here, isLocal: () => false };
const started = "2026-01-03T00:00:00.000Z";
const evidence: Evidence = { lock: "held", place, started, claudePid: 7, path: "/x" };
const beforeBoot = "2026-01-01T00:00:00.000Z";
const otherBoot = { ...place, bootId: "boot-other" };

describe("judgeLiveness", () => {
  test.each<[string, Partial<Evidence>, Here, Liveness]>([
    ["a held lock is a live session, whoever holds it", { lock: "busy", place: otherBoot }, here, "live"],
    ["a lock that can't be checked is unknown", { lock: "unknown" }, here, "unknown"],
    ["a free lock of this boot and PID namespace is a dead session", {}, here, "dead"],
    [
      "a free lock is unknown where claude may live without it (Windows)",
      {},
      { ...here, livesUnlocked: (pid) => pid === 7 },
      "unknown",
    ],
    ["another PID namespace is unknown", { place: { ...place, pidNamespace: "pid:[2]" } }, here, "unknown"],
    ["another boot is unknown", { place: otherBoot }, here, "unknown"],
    [
      "another boot, started before this one, on a local disk, is dead",
      { place: otherBoot, started: beforeBoot },
      here,
      "dead",
    ],
    [
      "another boot on a network disk stays unknown",
      { place: otherBoot, started: beforeBoot },
      elsewhere,
      "unknown",
    ],
    [
      "another boot with no readable start is unknown",
      { place: otherBoot, started: "soon" },
      here,
      "unknown",
    ],
    [
      "another boot where the time of ours is not known is unknown",
      { place: otherBoot, started: beforeBoot },
      { ...here, bootTime: () => undefined },
      "unknown",
    ],
    ["a record that says nothing is dead on a local disk", { place: undefined }, here, "dead"],
    [
      "a record that was made while /proc could not be read is dead on a local disk",
      { place: { ...place, bootId: "" } },
      here,
      "dead",
    ],
    [
      "a record that was made while /proc could not be read is unknown on a network disk",
      { place: { ...place, pidNamespace: "" } },
      elsewhere,
      "unknown",
    ],
    ["a record that says nothing is unknown on a network disk", { place: undefined }, elsewhere, "unknown"],
  ])("%s", (_name, change, machine, expected) => {
    expect(judgeLiveness({ ...evidence, ...change }, machine)).toBe(expected);
  });

  test("works without a /proc, as on macOS and Windows: equal empty places are one place", () => {
    const nowhere = { bootId: "", pidNamespace: "" };
    expect(judgeLiveness({ ...evidence, place: nowhere }, { ...here, place: () => nowhere })).toBe("dead");
  });
});

test.if(process.platform === "linux")("placeHere names the boot and the PID namespace", () => {
  expect(placeHere().bootId).toMatch(/^[0-9a-f-]{36}$/);
  expect(placeHere().pidNamespace).toMatch(/^pid:\[\d+\]$/);
});
