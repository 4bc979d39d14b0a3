/** One request to a server that may be slow, silent, gone or wrong. */

/** How long a server is waited for, in milliseconds. */
export interface Patience {
  /** For the head of its answer. */
  answer: number;
  /** For more bytes of the answer. */
  silence: number;
}

const PATIENCE: Patience = { answer: 30_000, silence: 60_000 };

/** A server that did not give what it was asked for; says why. */
export class ServerFailed extends Error {
  constructor(why: string, readonly status?: number) {
    super(why);
    this.name = "ServerFailed";
  }
}

export interface Answer {
  status: number;
  headers: Headers;
  /** The bytes as they come; to be read to the end or closed. */
  pieces: AsyncIterable<Uint8Array<ArrayBuffer>>;
  close(): void;
}

/**
 * Ask for a URL; redirects are followed. `from` asks for what begins at that
 * byte.
 *
 * @throws {ServerFailed} also while `pieces` are read.
 */
export async function request(
  url: string,
  { from = 0, patience = PATIENCE }: { from?: number; patience?: Patience } =
    {},
): Promise<Answer> {
  const clock = new Clock();
  try {
    const response = await clock.within(
      patience.answer,
      fetch(url, { signal: clock.signal, headers: headers(from) }),
    );
    return {
      status: response.status,
      headers: response.headers,
      pieces: pieces(response, clock, patience),
      close: () => clock.stop(),
    };
  } catch (error) {
    throw explained(error);
  }
}

/** No compression: the bytes are counted, and gone on with. */
function headers(from: number): HeadersInit {
  const always = { "accept-encoding": "identity", "user-agent": "vms-iso" };
  return from > 0 ? { ...always, range: `bytes=${from}-` } : always;
}

async function* pieces(
  response: Response,
  clock: Clock,
  patience: Patience,
): AsyncIterable<Uint8Array<ArrayBuffer>> {
  const reader = response.body?.getReader();
  try {
    while (reader) {
      const next = await clock.within(patience.silence, reader.read());
      if (next.done) return;
      yield next.value;
    }
  } catch (error) {
    throw explained(error);
  } finally {
    clock.stop();
  }
}

/** Ends a request that takes too long. */
class Clock {
  #controller = new AbortController();
  readonly signal = this.#controller.signal;

  async within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
    const why = `it was silent for ${milliseconds / 1000} s`;
    const end = () => this.#controller.abort(new ServerFailed(why));
    const timer = setTimeout(end, milliseconds);
    try {
      return await work;
    } finally {
      clearTimeout(timer);
    }
  }

  stop() {
    this.#controller.abort(new ServerFailed("the request was ended"));
  }
}

/** What people understand, in the place of the runtime's own words. */
const REASONS: [pattern: RegExp, why: string][] = [
  [/dns error|lookup address/i, "its name cannot be resolved"],
  [/connection refused/i, "it refuses connections"],
  [/network is unreachable|no route to host/i, "the network is unreachable"],
  [/invalid peer certificate|certificate/i, "its certificate is not valid"],
  [/number of redirects/i, "its redirects lead nowhere"],
  [/invalid url|url scheme/i, "that is not a URL"],
  [
    /error reading a body|connection (closed|reset)|unexpected end|incomplete/i,
    "it broke off",
  ],
];

function explained(error: unknown): unknown {
  if (error instanceof ServerFailed) return error;
  // A program that may not use the network is a defect, no server's fault.
  if (error instanceof Deno.errors.NotCapable) return error;
  const said = words(error);
  const known = REASONS.find(([pattern]) => pattern.test(said));
  return new ServerFailed(known?.[1] ?? said.split("\n")[0]!);
}

/** The cause, where there is one: the runtime's own words say just "failed". */
function words(error: unknown): string {
  if (!(error instanceof Error)) return `${error}`;
  return error.cause instanceof Error ? error.cause.message : error.message;
}

/**
 * The text behind a URL.
 *
 * @throws {ServerFailed} also where it is longer than `limit` bytes.
 */
export async function getText(
  url: string,
  limit: number,
  patience?: Patience,
): Promise<string> {
  return new TextDecoder().decode(await getBytes(url, limit, patience));
}

/** The same, for what is no text. */
export async function getBytes(
  url: string,
  limit: number,
  patience?: Patience,
): Promise<Uint8Array> {
  const answer = await request(url, { patience });
  try {
    refuseStatus(answer);
    const all: Uint8Array<ArrayBuffer>[] = [];
    let size = 0;
    for await (const piece of answer.pieces) {
      size += piece.length;
      if (size > limit) {
        throw new ServerFailed(`its answer is longer than ${limit} bytes`);
      }
      all.push(piece);
    }
    return await new Blob(all).bytes();
  } finally {
    answer.close();
  }
}

/** @throws {ServerFailed} unless all or a part was given. */
export function refuseStatus({ status }: Answer): void {
  if (status === 200 || status === 206) return;
  const why = status === 404
    ? "it does not have the file (404)"
    : `it answers with status ${status}`;
  throw new ServerFailed(why, status);
}
