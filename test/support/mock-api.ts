import { isObject, type JsonObject, parseJson } from "../../src/json.ts";
import { accountOf, createChains, identityOf } from "./mock-accounts.ts";
import { failure, promptOf, replyTo, steeringOf } from "./mock-messages.ts";

/**
 * A stand-in for api.anthropic.com, platform.claude.com and their siblings, run as a program of its own
 * (private-network.ts starts it): `bun mock-api.ts CONTROL_SOCKET [CERTIFICATE KEY]`. Its log of requests, with the
 * token that each carried, is what proves an account. The test asks for it over the control socket, a Unix one,
 * which reaches across network namespaces.
 */
export type Logged = {
  /** "POST /v1/messages" */
  readonly what: string;
  readonly host: string;
  /** The bearer token, else the API key, else "". */
  readonly token: string;
  /** The user's newest prompt, of a message alone. */
  readonly prompt: string;
  /** The refresh token that was spent or revoked. */
  readonly refreshToken: string;
};

type Served = { readonly request: Request; readonly body: JsonObject; readonly entry: Logged };

const log: Logged[] = [];
const chains = createChains();
const holds = new Map<string, PromiseWithResolvers<void>>();

if (import.meta.main) serve(process.argv.slice(2));

function serve([control, certificate, key]: readonly string[]): void {
  if (control === undefined) throw new Error("usage: bun mock-api.ts CONTROL_SOCKET [CERTIFICATE KEY]");
  const options = { hostname: "127.0.0.1", fetch: answer, idleTimeout: 0 };
  const plain = Bun.serve({ ...options, port: 0 });
  if (certificate !== undefined && key !== undefined) {
    Bun.serve({ ...options, port: 443, tls: { cert: Bun.file(certificate), key: Bun.file(key) } });
  }
  Bun.serve({ unix: control, fetch: answerControl });
  console.log(plain.port);
  // The test holds the other end: the mock never outlives it, however it ends.
  process.stdin.on("end", () => process.exit(0)).resume();
}

async function answerControl(request: Request): Promise<Response> {
  const url = new URL(request.url);
  if (url.pathname === "/release") {
    hold(url.searchParams.get("name") ?? "").resolve();
    return new Response();
  }
  return Response.json(log);
}

async function answer(request: Request): Promise<Response> {
  const url = new URL(request.url);
  const body = objectFrom(await request.bytes(), request.headers.get("content-type") ?? "");
  const what = `${request.method} ${url.pathname}`;
  const entry: Logged = {
    what,
    host: request.headers.get("host") ?? "",
    token: tokenOf(request),
    prompt: url.pathname === "/v1/messages" ? promptOf(body) : "",
    refreshToken: stringIn(body, "refresh_token") || stringIn(body, "token"),
  };
  log.push(entry);
  const handler = routes[what];
  if (handler !== undefined) return handler({ request, body, entry });
  return request.method === "HEAD"
    ? new Response()
    : failure(404, "not_found_error", `the mock has no ${what}`);
}

const routes: Readonly<Record<string, (served: Served) => Response | Promise<Response>>> = {
  "POST /v1/messages": async ({ request, body, entry }) => {
    if (request.headers.has("authorization") && !mayCall(entry.token)) {
      return failure(401, "authentication_error", "OAuth token has been revoked");
    }
    const steering = steeringOf(body);
    if (steering.kind === "fail")
      return failure(steering.status, "api_error", "the test asked for this failure");
    if (steering.kind === "hold") await hold(steering.name).promise;
    return replyTo(body, steering, entry.token);
  },
  "POST /v1/messages/count_tokens": () => Response.json({ input_tokens: 1 }),
  "POST /v1/oauth/token": ({ entry }) => {
    const pair = chains.rotate(entry.refreshToken);
    if (pair === undefined) {
      return Response.json(
        { error: "invalid_grant", error_description: "refresh token spent" },
        { status: 400 },
      );
    }
    const { email, uuid, organization } = identityOf(accountOf(pair.accessToken) ?? "");
    return Response.json({
      token_type: "Bearer",
      access_token: pair.accessToken,
      refresh_token: pair.refreshToken,
      expires_in: 28_800,
      scope: "user:inference user:profile",
      account: { uuid, email_address: email },
      organization: { uuid: organization, name: "mock" },
    });
  },
  "POST /v1/oauth/token/revoke": ({ entry }) => {
    chains.revoke(entry.refreshToken);
    return Response.json({});
  },
  "GET /api/oauth/profile": ({ entry }) => {
    const account = accountOf(entry.token);
    if (account === undefined || !mayCall(entry.token))
      return failure(401, "authentication_error", "no such token");
    const { email, uuid, organization } = identityOf(account);
    return Response.json({
      account: {
        uuid,
        email,
        full_name: account,
        display_name: account,
        has_claude_max: true,
        has_claude_pro: false,
        created_at: "2025-01-01T00:00:00Z",
      },
      organization: {
        uuid: organization,
        name: "mock",
        organization_type: "claude_max",
        rate_limit_tier: "default_claude_max_5x",
        has_extra_usage_enabled: false,
        subscription_status: "active",
      },
    });
  },
  "GET /api/oauth/claude_cli/roles": () =>
    Response.json({ organization_role: "admin", workspace_role: null, organization_name: "mock" }),
};

/** Tokens that the mock does not know (an environment's, say) are answered all the same: the log names them. */
function mayCall(token: string): boolean {
  return accountOf(token) === undefined || chains.accepts(token);
}

function tokenOf(request: Request): string {
  const bearer = request.headers.get("authorization")?.replace(/^Bearer /, "");
  return bearer ?? request.headers.get("x-api-key") ?? "";
}

function hold(name: string): PromiseWithResolvers<void> {
  const found = holds.get(name) ?? Promise.withResolvers<void>();
  holds.set(name, found);
  return found;
}

function objectFrom(bytes: Uint8Array, contentType: string): JsonObject {
  if (contentType.includes("urlencoded")) {
    return Object.fromEntries(new URLSearchParams(new TextDecoder().decode(bytes)));
  }
  const value = parseJson(bytes);
  return isObject(value) ? value : {};
}

function stringIn(object: JsonObject, key: string): string {
  const value = object[key];
  return typeof value === "string" ? value : "";
}
