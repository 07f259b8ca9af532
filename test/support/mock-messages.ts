import { isObject, type Json, type JsonObject } from "../../src/json.ts";

/**
 * What the mock answers to `POST /v1/messages`. A prompt steers it:
 * - `[[bash COMMAND]]` makes Claude run a command with its Bash tool, then repeats what the command printed;
 * - `[[hold NAME]]` answers only after the test released NAME;
 * - `[[fail STATUS]]` answers with that HTTP status.
 */
export type Steering =
  | { readonly kind: "say" }
  | { readonly kind: "bash"; readonly command: string }
  | { readonly kind: "hold"; readonly name: string }
  | { readonly kind: "fail"; readonly status: number };

export function steeringOf(body: JsonObject): Steering {
  const prompt = promptOf(body);
  const match = /\[\[(bash|hold|fail) ([\s\S]*?)\]\]/.exec(prompt);
  const [, verb, rest = ""] = match ?? [];
  if (verb === "hold") return { kind: "hold", name: rest };
  if (verb === "fail") return { kind: "fail", status: Number(rest) };
  if (verb === "bash" && offersBash(body) && toolResultOf(body) === undefined) {
    return { kind: "bash", command: rest };
  }
  return { kind: "say" };
}

/** The newest text that the user typed, without the reminders that Claude Code adds to it. */
export function promptOf(body: JsonObject): string {
  const texts = messagesOf(body)
    .filter((message) => message["role"] === "user")
    .flatMap((message) => textsOf(message["content"]))
    .filter((text) => !text.startsWith("<system-reminder>"));
  return texts.at(-1) ?? "";
}

/** A reply in the form that the request asked for: a stream of events or one object. */
export function replyTo(body: JsonObject, steering: Steering, token: string): Response {
  const message = messageFor(body, steering, token);
  if (body["stream"] !== true) return Response.json(message);
  const events = eventsOf(message).map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  return new Response(events.join(""), { headers: { "content-type": "text/event-stream" } });
}

export function failure(status: number, type: string, message: string): Response {
  return Response.json({ type: "error", error: { type, message } }, { status });
}

function messageFor(body: JsonObject, steering: Steering, token: string) {
  const ranTool = toolResultOf(body);
  const content =
    steering.kind === "bash"
      ? {
          type: "tool_use",
          id: "toolu_mock_1",
          name: "Bash",
          input: { command: steering.command, description: "run what the test asks for" },
        }
      : { type: "text", text: ranTool === undefined ? `mock-reply to ${token}` : `tool said: ${ranTool}` };
  return {
    id: "msg_mock_1",
    type: "message",
    role: "assistant",
    model: typeof body["model"] === "string" ? body["model"] : "mock",
    content: [content],
    stop_reason: steering.kind === "bash" ? "tool_use" : "end_turn",
    stop_sequence: null,
    usage: { input_tokens: 1, output_tokens: 1 },
  };
}

function eventsOf(message: ReturnType<typeof messageFor>) {
  const blocks = message.content.flatMap((block, index) => {
    const isTool = block.type === "tool_use";
    return [
      {
        type: "content_block_start",
        index,
        content_block: isTool ? { ...block, input: {} } : { type: "text", text: "" },
      },
      {
        type: "content_block_delta",
        index,
        delta: isTool
          ? { type: "input_json_delta", partial_json: JSON.stringify(block.input) }
          : { type: "text_delta", text: block.text },
      },
      { type: "content_block_stop", index },
    ];
  });
  return [
    { type: "message_start", message: { ...message, content: [], stop_reason: null } },
    ...blocks,
    {
      type: "message_delta",
      delta: { stop_reason: message.stop_reason, stop_sequence: null },
      usage: { output_tokens: 1 },
    },
    { type: "message_stop" },
  ];
}

function offersBash(body: JsonObject): boolean {
  const tools = body["tools"];
  return Array.isArray(tools) && tools.some((tool: Json) => isObject(tool) && tool["name"] === "Bash");
}

function toolResultOf(body: JsonObject): string | undefined {
  const blocks = messagesOf(body).flatMap((message) => {
    const content = message["content"];
    return Array.isArray(content) ? content.filter(isObjectBlock) : [];
  });
  const result = blocks.findLast((block) => block["type"] === "tool_result");
  return result === undefined ? undefined : textsOf(result["content"]).join("\n");
}

function messagesOf(body: JsonObject): JsonObject[] {
  const messages = body["messages"];
  return Array.isArray(messages) ? messages.filter(isObjectBlock) : [];
}

function textsOf(content: Json | undefined): string[] {
  if (typeof content === "string") return [content];
  if (!Array.isArray(content)) return [];
  return content.filter(isObjectBlock).flatMap((block) => {
    const text = block["type"] === "text" ? block["text"] : undefined;
    return typeof text === "string" ? [text] : [];
  });
}

function isObjectBlock(value: Json): value is JsonObject {
  return isObject(value);
}
