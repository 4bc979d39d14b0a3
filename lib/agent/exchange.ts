/** JSON-RPC 2.0 as somebody has written it: https://www.jsonrpc.org/specification */

import type { AgentSession } from "./session.ts";

/**
 * Send lines as they are, each when the one before is answered. Lines that are
 * blank are left out.
 *
 * @param answered is given what comes back for a line, where anything does: an
 * object, or an array for a batch. It is the guest's word and nothing more.
 * @throws {Failure} `timeout`, where the agent does not answer one of them.
 */
export async function exchange(
  session: Pick<AgentSession, "raw">,
  lines: AsyncIterable<string>,
  seconds: number,
  answered: (answer: unknown) => void,
): Promise<void> {
  for await (const line of lines) {
    if (line.trim() === "") continue;
    const answer = await session.raw(line, expected(line), seconds);
    if (answer !== undefined) answered(answer);
  }
}

/**
 * What the answer to a line is for: ids, null for what has none that can be
 * read. Undefined where all of it is notifications: nothing is answered then.
 */
export function expected(line: string): Set<unknown> | undefined {
  let message;
  try {
    message = JSON.parse(line);
  } catch {
    return new Set([null]);
  }
  if (!Array.isArray(message)) message = [message];
  else if (message.length === 0) return new Set([null]);
  const due = message.filter((one) => !notification(one));
  return due.length > 0 ? new Set(due.map(idOf)) : undefined;
}

function notification(one: unknown): boolean {
  const { jsonrpc, method, params = {} } = fields(one);
  return jsonrpc === "2.0" && typeof method === "string" &&
    typeof params === "object" && params !== null && !("id" in fields(one));
}

function idOf(one: unknown): string | number | null {
  const { id } = fields(one);
  return typeof id === "string" || Number.isSafeInteger(id)
    ? id as string | number
    : null;
}

function fields(one: unknown): Record<string, unknown> {
  const object = typeof one === "object" && !Array.isArray(one);
  return object ? { ...one } : {};
}

/** The lines of a stream; the last one may have no end. */
export async function* linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string> {
  let kept = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (kept + text).split("\n");
    kept = lines.pop()!;
    yield* lines;
  }
  yield kept;
}
