/** Work that has a time, and whoever wants it. */

import { CODE, RpcError } from "./json_rpc.ts";

/** Longest time of a timer, in milliseconds: one that is longer ends at once. */
const LONGEST = 2 ** 31 - 1;

/**
 * Do something within so many seconds. What it is given aborts when they are
 * over, or when `over` does; it is not waited for then.
 *
 * @throws {RpcError} `timeout`
 */
export async function within<T>(
  seconds: number,
  over: AbortSignal,
  work: (over: AbortSignal) => Promise<T> | T,
): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const end = new AbortController();
  const stop = (why: unknown) => {
    reject(why);
    end.abort(why);
  };
  const gone = () => stop(over.reason);
  const timer = setTimeout(() => {
    stop(new RpcError(CODE.timeout, `it took more than ${seconds} s`));
  }, Math.min(seconds * 1000, LONGEST));
  over.addEventListener("abort", gone, { once: true });
  try {
    over.throwIfAborted();
    return await Promise.race([work(end.signal), late]);
  } finally {
    clearTimeout(timer);
    over.removeEventListener("abort", gone);
  }
}
