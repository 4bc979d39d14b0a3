/** JSON-RPC 2.0 as somebody has written it: https://www.jsonrpc.org/specification */

import {
  FrameReader,
  isBlank,
  joined,
  LONGEST_LINE,
} from "../../guest/agent/frame.ts";
import type { AgentSession } from "./session.ts";

const NEWLINE = 10;

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Send lines as they are, each when the one before is answered. Lines that are
 * blank are left out.
 *
 * @param answered is given what comes back for a line, where anything does: an
 * object, or an array for a batch. It is the guest's word and nothing more.
 * @throws {Failure} `timeout`, where the agent does not answer one of them.
 */
export async function exchange(
  session: Pick<AgentSession, "raw" | "longest">,
  lines: AsyncIterable<Bytes>,
  seconds: number,
  answered: (answer: unknown) => void,
): Promise<void> {
  for await (const line of lines) {
    if (isBlank(line)) continue;
    const due = expected(line, session.longest);
    const answer = await session.raw(line, due, seconds);
    if (answer !== undefined) answered(answer);
  }
}

/**
 * What the answer to a line is for: ids, null for what has none that can be
 * read. Undefined where all of it is notifications: nothing is answered then.
 *
 * @param longest bytes of a line that the guest takes: any other is refused.
 */
export function expected(
  line: Bytes,
  longest = LONGEST_LINE,
): Set<unknown> | undefined {
  // Read as the guest does.
  const end = new Uint8Array([NEWLINE]);
  const [frame] = new FrameReader(longest).push(joined([line, end]));
  // It is a message whose bytes are to follow.
  if (!frame) return;
  if ("broken" in frame) return new Set([null]);
  const { message } = frame;
  if (Array.isArray(message) && message.length === 0) return new Set([null]);
  const all = Array.isArray(message) ? message : [message];
  const due = all.filter((one) => !notification(one));
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

/** The lines of a stream, byte for byte; the last one may have no end. */
export async function* linesOf(
  stream: ReadableStream<Bytes>,
): AsyncGenerator<Bytes> {
  let kept: Bytes[] = [];
  for await (let rest of stream) {
    for (let end; (end = rest.indexOf(NEWLINE)) >= 0;) {
      yield joined([...kept, rest.subarray(0, end)]);
      kept = [];
      rest = rest.subarray(end + 1);
    }
    kept.push(rest);
  }
  yield joined(kept);
}
