/** A guest that lies: an agent that breaks every rule, over a real unix socket in the place of the port. */

import { assert, assertRejects } from "@std/assert";
import { AgentSession } from "../../lib/agent/session.ts";
import { EXIT, Failure } from "../../lib/command/failure.ts";

const encoder = new TextEncoder();

export interface Request {
  id: string;
  method: string;
  params: Record<string, unknown>;
}

/** What the guest does with a request; the handshake is answered before. */
export type Answer = (
  request: Request,
  port: Deno.UnixConn,
) => Promise<unknown>;

export async function send(port: Deno.UnixConn, ...messages: unknown[]) {
  const lines = messages.map((one) =>
    typeof one === "string" ? one : `${JSON.stringify(one)}\n`
  );
  await sendBytes(port, encoder.encode(lines.join("")));
}

export async function sendBytes(port: Deno.UnixConn, bytes: Uint8Array) {
  for (let at = 0; at < bytes.length;) {
    at += await port.write(bytes.subarray(at));
  }
}

/** The guest's side of one connection, until either side closes it. */
async function serve(port: Deno.UnixConn, answer: Answer) {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of port.readable) {
    text += decoder.decode(bytes, { stream: true });
    const lines = text.split("\n");
    text = lines.pop()!;
    for (const line of lines.filter(Boolean)) {
      const request = JSON.parse(line) as Request;
      if (request.method === "session_start") {
        await send(port, { jsonrpc: "2.0", id: request.id, result: {} });
      } else void answer(request, port).catch(() => {});
    }
  }
}

/** A session with a guest of that kind. */
export async function withGuest(
  answer: Answer,
  work: (session: AgentSession) => Promise<void>,
) {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/port`;
  const listener = Deno.listen({ transport: "unix", path });
  const served = (async () => {
    for await (const port of listener) {
      await serve(port, answer).catch(() => {});
    }
  })();
  const socket = await Deno.connect({ transport: "unix", path });
  const session = new AgentSession("liar", socket);
  try {
    assert(await session.meet(5000) !== undefined);
    await work(session);
  } finally {
    await session[Symbol.asyncDispose]();
    try {
      socket.close();
    } catch {
      // The session has closed it.
    }
    listener.close();
    await served;
    await Deno.remove(folder, { recursive: true });
  }
}

export async function failure(work: Promise<unknown>): Promise<string> {
  const found: Failure = await assertRejects(() => work, Failure);
  return `${EXIT[found.exit]}: ${found.message}`;
}

export const SAYS = 'cannot talk to the agent of "liar"';

export const never = () => new Promise<never>(() => {});
