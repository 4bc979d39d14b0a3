/** Asking a network's own name server, which is the one its VMs ask. */

import { type DnsAnswer, question, readAnswer } from "./dns_message.ts";

const SECONDS = 5;

/**
 * The addresses of a name, by the server at that address. It is asked by TCP,
 * where no answer is cut and none can be slipped in.
 *
 * @throws {Error} where there is no answer.
 */
export async function askNameServer(
  server: string,
  name: string,
  { port = 53, seconds = SECONDS } = {},
): Promise<DnsAnswer> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), seconds * 1000);
  const { signal } = late;
  try {
    using connection = await Deno.connect({ hostname: server, port, signal });
    signal.addEventListener("abort", () => connection.close());
    const id = crypto.getRandomValues(new Uint16Array(1))[0]!;
    const asked = question(id, name);
    await sendAll(connection, Uint8Array.from([0, asked.length, ...asked]));
    const [high, low] = await receive(connection, 2);
    return readAnswer(id, await receive(connection, high! * 256 + low!));
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new Error(`${server} did not answer within ${seconds} s`);
  } finally {
    clearTimeout(timer);
  }
}

async function sendAll(connection: Deno.Conn, bytes: Uint8Array) {
  for (let at = 0; at < bytes.length;) {
    at += await connection.write(bytes.subarray(at));
  }
}

async function receive(
  connection: Deno.Conn,
  length: number,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const read = await connection.read(bytes.subarray(at));
    if (read === null) throw new Error("the name server hung up");
    at += read;
  }
  return bytes;
}
