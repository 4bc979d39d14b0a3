/**
 * Both ends of a copy as they are in a guest: only what the policy allows, and
 * what was judged is held open, so that it is what is worked in.
 */

import { demandPath } from "./allowed.ts";
import { hold } from "./hold.ts";
import { openZlib } from "./libz.ts";
import { treeError } from "./tree.ts";
import {
  type Pieces,
  receive,
  type Received,
  targetOf,
} from "./tree_receive.ts";
import { send, type SendOptions } from "./tree_send.ts";

/** The stream of what may be read. @throws {RpcError|TreeError} */
export function sendJudged(
  paths: readonly string[],
  allowed: readonly string[],
  options: SendOptions = {},
): Generator<Uint8Array<ArrayBuffer>> {
  const resolve = (path: string) => {
    const real = realPath(path);
    demandPath(real, allowed);
    return real;
  };
  return send(paths, { ...options, resolve, hold, crc32: openZlib() });
}

/** Take a stream in where that may be written. @throws {RpcError|TreeError} */
export async function receiveJudged(
  stream: Pieces,
  path: string,
  allowed: readonly string[],
  asked: readonly string[],
  force: boolean,
): Promise<Received> {
  const target = targetOf(path);
  demandPath(target.directory, allowed);
  const ours = { hold, crc32: openZlib() };
  return await receive(stream, target, asked, { force, ...ours });
}

function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch (error) {
    throw treeError(error, path);
  }
}
