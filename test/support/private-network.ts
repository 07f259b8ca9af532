import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isObject, type Json, parseJson } from "../../src/json.ts";
import type { Logged } from "./mock-api.ts";

/**
 * A network of its own in which every host that Claude Code calls is the mock: a Linux network namespace with only
 * `lo` up, so that nothing can leave the machine, and a mount namespace whose /etc/hosts names the mock. The mock
 * answers TLS on 443 with a certificate made for this run, which NODE_EXTRA_CA_CERTS makes Claude trust. Only what
 * `inside` starts is in there; the test itself stays outside. Without root a user namespace gives the same rights.
 */
export type PrivateNetwork = {
  /** The command that runs `argv` inside the namespaces, in `cwd`. */
  inside(argv: readonly string[], cwd: string): string[];
  /** What a program inside needs to trust the mock. */
  readonly env: Readonly<Record<string, string>>;
  /** Everything the mock was asked so far. */
  requests(): Promise<readonly Logged[]>;
  /** The tokens of the messages with exactly this prompt, in order. */
  tokensFor(prompt: string): Promise<readonly string[]>;
  /** Lets the prompts `[[hold NAME]]` be answered. */
  release(name: string): Promise<void>;
  close(): Promise<void>;
};

const HOSTS = [
  "api.anthropic.com",
  "platform.claude.com",
  "console.anthropic.com",
  "claude.ai",
  "claude.com",
  "mcp-proxy.anthropic.com",
  "statsig.anthropic.com",
  "downloads.claude.ai",
] as const;

/** Why there can be no private network here; undefined where there can. */
export const noPrivateNetwork: string | undefined = complaint();

export async function openPrivateNetwork(): Promise<PrivateNetwork> {
  const directory = mkdtempSync(join(tmpdir(), "clauth-network-"));
  const { certificate, key } = makeCertificate(directory);
  const hosts = join(directory, "hosts");
  writeFileSync(hosts, `127.0.0.1 localhost ${HOSTS.join(" ")}\n`);
  const control = join(directory, "control.sock");

  const setUp = 'ip link set lo up && mount --bind "$0" /etc/hosts && exec "$@"';
  const mock = [process.execPath, join(import.meta.dir, "mock-api.ts"), control, certificate, key];
  const host = Bun.spawn(["unshare", ...namespaces(), "sh", "-c", setUp, hosts, ...mock], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  await firstLine(host.stdout);

  async function requests(): Promise<readonly Logged[]> {
    const answer = parseJson(await (await fetch("http://mock/log", { unix: control })).bytes());
    return Array.isArray(answer) ? answer.filter(isLogged) : [];
  }
  return {
    inside: (argv, cwd) => [
      "nsenter",
      `--target=${host.pid}`,
      ...(isRoot() ? [] : ["--user", "--preserve-credentials"]),
      "--net",
      "--mount",
      "env",
      `--chdir=${cwd}`,
      ...argv,
    ],
    env: { NODE_EXTRA_CA_CERTS: certificate },
    requests,
    tokensFor: async (prompt) =>
      (await requests())
        .filter((entry) => entry.what === "POST /v1/messages" && entry.prompt === prompt)
        .map((entry) => entry.token),
    release: async (name) => {
      await fetch(`http://mock/release?name=${encodeURIComponent(name)}`, { unix: control });
    },
    close: async () => {
      host.kill();
      await host.exited;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function complaint(): string | undefined {
  if (process.platform !== "linux") return "network namespaces are Linux's";
  for (const tool of ["unshare", "nsenter", "ip", "openssl"]) {
    if (Bun.which(tool) === null) return `there is no ${tool}`;
  }
  const tried = Bun.spawnSync(["unshare", ...namespaces(), "ip", "link", "set", "lo", "up"]);
  return tried.exitCode === 0 ? undefined : `unshare: ${tried.stderr.toString().trim()}`;
}

function namespaces(): string[] {
  return ["--net", "--mount", ...(isRoot() ? [] : ["--user", "--map-root-user"])];
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** One self-signed certificate is its own authority; the key never outlives the run. */
function makeCertificate(directory: string) {
  const certificate = join(directory, "certificate.pem");
  const key = join(directory, "key.pem");
  const names = `subjectAltName=${HOSTS.map((host) => `DNS:${host}`).join(",")}`;
  const made = Bun.spawnSync(
    // biome-ignore format: an option and its value stay together
    [
      "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
      "-subj", "/CN=clauth test", "-addext", names, "-keyout", key, "-out", certificate,
    ],
  );
  if (made.exitCode !== 0) throw new Error(`openssl made no certificate: ${made.stderr.toString()}`);
  return { certificate, key };
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of stream) {
    text += new TextDecoder().decode(chunk);
    if (text.includes("\n")) return text.slice(0, text.indexOf("\n"));
  }
  throw new Error("the mock ended before it was ready");
}

function isLogged(value: Json): value is Json & Logged {
  return isObject(value) && typeof value["what"] === "string" && typeof value["token"] === "string";
}
