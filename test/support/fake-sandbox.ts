import { join } from "node:path";
import { type FakeReport, type FakeStep, fakeSteps, readReport, writeFakeClaude } from "./fake-claude.ts";
import { createSandbox, type Finished, type Running, type RunOptions, type Sandbox } from "./sandbox.ts";

/** A sandbox whose real claude is the fake one, with a profile `work` that the calls below may name. */
export type FakeSandbox = Sandbox & {
  /** Runs `claude ARGS`, which writes a report, takes the steps and ends. */
  call(args: readonly string[], options?: CallOptions): Promise<Finished & { readonly report: FakeReport }>;
  /** Starts `claude ARGS` with these steps alone. */
  begin(args: readonly string[], options?: CallOptions): Running;
  [Symbol.dispose](): void;
};

export type CallOptions = RunOptions & {
  readonly steps?: readonly FakeStep[];
  /** CLAUTH_PROFILE; none: passthrough. */
  readonly profile?: string;
};

/** @param options.profiles false for a user who has none yet */
export function createFakeSandbox({ profiles = true } = {}): FakeSandbox {
  const box = createSandbox();
  writeFakeClaude(box.claude);
  if (profiles) box.addProfile("work", { account: "W" });

  function begin(args: readonly string[], { steps = [], profile, ...options }: CallOptions = {}): Running {
    const chosen = profile === undefined ? {} : { CLAUTH_PROFILE: profile };
    return box.start(["claude", ...args], {
      ...options,
      env: { ...chosen, ...fakeSteps(...steps), ...options.env },
    });
  }
  return {
    ...box,
    begin,
    call: async (args, options = {}) => {
      const to = join(box.root, `report-${crypto.randomUUID()}.json`);
      const steps: readonly FakeStep[] = [{ do: "report", to }, ...(options.steps ?? [])];
      const finished = await begin(args, { ...options, steps }).finished;
      if (!(await Bun.file(to).exists())) throw new Error(`claude never ran: ${finished.stderr}`);
      return { ...finished, report: readReport(to) };
    },
    [Symbol.dispose]: () => box.close(),
  };
}
