/**
 * Files, opened so that the path that was judged is the file that is opened:
 * links are resolved first, the result is judged, and then opened in a way that
 * fails where any part of it has become a link.
 */

import { demandPath } from "./allowed.ts";
import { type Held, O, openWithoutLinks } from "./libc.ts";
import { CODE, RpcError } from "./json_rpc.ts";

/** Read a whole file. @throws {RpcError} */
export async function readWhole(
  path: string,
  allowed: readonly string[],
  longest: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const real = await resolved(path);
  demandPath(real, allowed);
  using held = open(real, O.PATH);
  // To open a pipe would be to wait for whoever writes to it.
  const { isFile, size } = await Deno.stat(held.path);
  if (!isFile) throw new RpcError(CODE.permission, `${path} is no file`);
  if (size > longest) throw tooBig(path, longest);
  using file = await Deno.open(held.path).catch((error) => {
    throw told(error, path);
  });
  return await readUpTo(file, path, longest);
}

/** Files of /proc say 0 and hold something. */
async function readUpTo(
  file: Deno.FsFile,
  path: string,
  longest: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const part of file.readable) {
    parts.push(part);
    size += part.length;
    if (size > longest) throw tooBig(path, longest);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** A file that nobody has made before. */
const NEW = O.WRONLY | O.CREAT | O.EXCL;

export interface Written {
  content: Uint8Array;
  /** Make the directories above it. */
  createDirectories: boolean;
  /** Permission bits; those it has, or 0644. */
  mode?: number;
}

/**
 * Put content in the place of a file, whole or not at all.
 *
 * @param over when nobody waits for it any more: it is not put there then.
 * @throws {RpcError}
 */
export async function writeWhole(
  path: string,
  allowed: readonly string[],
  { content, createDirectories, mode }: Written,
  over: AbortSignal,
): Promise<string> {
  const { directory, name } = await place(path, allowed, createDirectories);
  using held = open(directory, O.PATH | O.DIRECTORY);
  const part = `.${crypto.randomUUID()}.part`;
  const target = `${held.path}/${name}`;
  const old = await Deno.lstat(target).catch(() => undefined);
  if (old && !old.isFile) {
    throw new RpcError(CODE.permission, `${path} is no file`);
  }
  try {
    using file = openWithoutLinks(part, NEW, held, 0o600);
    await writeSynced(file.path, content);
    // Whoever may write to the directory can put a link under the part's name.
    await Deno.chmod(file.path, mode ?? (old ? old.mode! & 0o7777 : 0o644));
    if (old) await Deno.chown(file.path, old.uid, old.gid);
    over.throwIfAborted();
    await demandSame(file, `${held.path}/${part}`, path);
    await Deno.rename(`${held.path}/${part}`, target);
  } catch (error) {
    await Deno.remove(`${held.path}/${part}`).catch(() => {});
    throw told(error, path);
  }
  return `${directory === "/" ? "" : directory}/${name}`;
}

/** @throws {RpcError} where another has come into the place of what is held. */
async function demandSame(held: Held, place: string, path: string) {
  const mine = await Deno.stat(held.path);
  const now = await Deno.lstat(place).catch(() => undefined);
  if (mine.dev === now?.dev && mine.ino === now.ino) return;
  const why = "was changed while it was written";
  throw new RpcError(CODE.permission, `${path} ${why}`);
}

async function writeSynced(path: string, content: Uint8Array) {
  using file = await Deno.open(path, { write: true });
  for (let at = 0; at < content.length;) {
    at += await file.write(content.subarray(at));
  }
  await file.sync();
}

/** The directory, links resolved and judged, and the name in it. */
async function place(
  path: string,
  allowed: readonly string[],
  create: boolean,
): Promise<{ directory: string; name: string }> {
  demandAbsolute(path);
  const real = await Deno.realPath(path).catch(() => undefined);
  const cut = (real ?? path).lastIndexOf("/");
  const above = (real ?? path).slice(0, cut) || "/";
  const name = (real ?? path).slice(cut + 1);
  if (name === "" || name === "." || name === "..") {
    throw new RpcError(CODE.params, `${path} names no file`);
  }
  if (real === undefined && create) await makeDirectories(above, allowed);
  const directory = await resolved(above);
  demandPath(`${directory === "/" ? "" : directory}/${name}`, allowed);
  return { directory, name };
}

/** One by one, so that each is judged before the next is made in it. */
async function makeDirectories(path: string, allowed: readonly string[]) {
  const there = await Deno.realPath(path).catch(() => undefined);
  if (there !== undefined) return;
  const cut = path.lastIndexOf("/");
  const name = path.slice(cut + 1);
  if (name === "..") throw new RpcError(CODE.params, `${path} goes upwards`);
  await makeDirectories(path.slice(0, cut) || "/", allowed);
  const above = await resolved(path.slice(0, cut) || "/");
  demandPath(`${above === "/" ? "" : above}/${name}`, allowed);
  using held = open(above, O.PATH | O.DIRECTORY);
  await Deno.mkdir(`${held.path}/${name}`).catch((error) => {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw told(error, path);
  });
}

/** The agent's own directory is nobody's business. @throws {RpcError} `params` */
function demandAbsolute(path: string) {
  if (path.startsWith("/") && !path.includes("\0")) return;
  throw new RpcError(CODE.params, "path is not absolute");
}

async function resolved(path: string): Promise<string> {
  demandAbsolute(path);
  try {
    return await Deno.realPath(path);
  } catch (error) {
    throw told(error, path);
  }
}

function open(real: string, flags: number): Held {
  try {
    return openWithoutLinks(real, flags);
  } catch (error) {
    throw told(error, real);
  }
}

function tooBig(path: string, longest: number): RpcError {
  const limit = longest / 1024 / 1024;
  return new RpcError(CODE.command, `${path} is larger than ${limit} MiB`);
}

/** Errors of the system as the protocol has them. */
export function told(error: unknown, path: string): RpcError {
  if (error instanceof RpcError) return error;
  if (error instanceof Deno.errors.NotFound) {
    return new RpcError(CODE.notFound, `${path} is not there`);
  }
  if (
    error instanceof Deno.errors.PermissionDenied ||
    error instanceof Deno.errors.NotCapable ||
    error instanceof Deno.errors.FilesystemLoop
  ) {
    return new RpcError(CODE.permission, `${path} cannot be opened`);
  }
  return new RpcError(CODE.command, `${path}: ${(error as Error).message}`);
}
