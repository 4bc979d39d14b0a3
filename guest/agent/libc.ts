/** What the agent asks of the C library, as Deno has no words for it. */

import { errno, libc, meaning } from "./libc_calls.ts";

const AT_FDCWD = -100n;
const SYS_OPENAT2 = 437n;
/** open(2) and openat2(2), <asm-generic/fcntl.h>. */
export const O = {
  WRONLY: 0o1,
  RDWR: 0o2,
  CREAT: 0o100,
  EXCL: 0o200,
  NOCTTY: 0o400,
  DIRECTORY: 0o200000,
  CLOEXEC: 0o2000000,
  PATH: 0o10000000,
} as const;
const RESOLVE_NO_MAGICLINKS = 0x02;
const RESOLVE_NO_SYMLINKS = 0x04;
/** ioctl_tty(2). */
const TIOCSWINSZ = 0x5414n;
const TIOCGPTN = 0x80045430n;
const TIOCSPTLCK = 0x40045431n;
/** random(4). */
const RNDADDENTROPY = 0x40085203n;
const RNDRESEEDCRNG = 0x5207n;
/** mount(2). */
const MS_BIND = 4096n;

const encoder = new TextEncoder();

/** A path as the C library takes it. */
export function text(path: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(`${path}\0`);
}

/** What is held open by a number; `/proc/self/fd/NUMBER` names it. */
export interface Held extends Disposable {
  fd: number;
  /** A path that means this very file, whatever happens to its name. */
  path: string;
}

function held(fd: number): Held {
  return {
    fd,
    path: `/proc/self/fd/${fd}`,
    [Symbol.dispose]: () => void libc().close(fd),
  };
}

/**
 * Open a path in which no part is a symbolic link: openat2(2). A relative one
 * begins at the folder that is held.
 *
 * @param mode of a file that is made by it.
 * @throws {Deno.errors.NotFound} and its siblings; `FilesystemLoop` where a
 * part has become a link.
 */
export function openWithoutLinks(
  path: string,
  flags: number,
  from?: Held,
  mode = 0,
): Held {
  const how = new BigUint64Array([
    BigInt(flags | O.CLOEXEC),
    BigInt(mode),
    BigInt(RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS),
  ]);
  const fd = libc().syscall(
    SYS_OPENAT2,
    from ? BigInt(from.fd) : AT_FDCWD,
    text(path),
    how,
    BigInt(how.byteLength),
  );
  if (fd >= 0) return held(fd);
  const code = errno();
  if (code === 2 || code === 20) throw new Deno.errors.NotFound(path);
  if (code === 13 || code === 1) {
    throw new Deno.errors.PermissionDenied("Permission denied");
  }
  if (code === 40) throw new Deno.errors.FilesystemLoop(path);
  throw new Error(`cannot open ${path}: ${meaning(code)}`);
}

/** The master of a new pseudo-terminal, and the path of the other end. */
export function openTerminal(): { master: Held; slave: string } {
  const fd = libc().open(text("/dev/ptmx"), O.RDWR | O.NOCTTY | O.CLOEXEC);
  if (fd < 0) throw new Error(`cannot open /dev/ptmx: errno ${errno()}`);
  const master = held(fd);
  const number = new Int32Array(1);
  if (
    libc().ioctl(fd, TIOCSPTLCK, new Int32Array([0])) < 0 ||
    libc().ioctl(fd, TIOCGPTN, number) < 0
  ) {
    master[Symbol.dispose]();
    throw new Error(`cannot make a terminal: errno ${errno()}`);
  }
  return { master, slave: `/dev/pts/${number[0]}` };
}

/** Tell a terminal its size; whoever runs on it gets SIGWINCH. */
export function resizeTerminal(master: Held, rows: number, columns: number) {
  libc().ioctl(
    master.fd,
    TIOCSWINSZ,
    new Uint16Array([rows, columns, 0, 0]),
  );
}

/** Bytes read, 0 or less at the end. Waits in a thread of its own. */
export async function readFrom(
  from: Held,
  buffer: Uint8Array<ArrayBuffer>,
): Promise<number> {
  return Number(await libc().read(from.fd, buffer, BigInt(buffer.length)));
}

/** Write all. @returns false where the other end has gone. */
export async function writeTo(
  to: Held,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  for (let at = 0; at < bytes.length;) {
    const rest = bytes.subarray(at);
    const n = Number(await libc().write(to.fd, rest, BigInt(rest.length)));
    if (n <= 0) return false;
    at += n;
  }
  return true;
}

/** Send a signal, by its number, to a process group: kill(2). */
export function signalGroup(leader: number, signal: number) {
  libc().kill(-leader, signal);
}

/** To one process alone; nothing where it has gone. */
export function signalProcess(pid: number, signal: number) {
  libc().kill(pid, signal);
}

/** Feed the kernel's random number generator, and let it draw on that now. */
export function addEntropy(bytes: Uint8Array) {
  // struct rand_pool_info: entropy_count in bits, buf_size, buf.
  const info = new Uint8Array(8 + bytes.length);
  new Int32Array(info.buffer, 0, 2).set([bytes.length * 8, bytes.length]);
  info.set(bytes, 8);
  const fd = libc().open(text("/dev/urandom"), O.RDWR | O.CLOEXEC);
  if (fd < 0) throw new Error(`cannot open /dev/urandom: errno ${errno()}`);
  using device = held(fd);
  for (const request of [RNDADDENTROPY, RNDRESEEDCRNG]) {
    if (libc().ioctl(device.fd, request, info) === 0) continue;
    throw new Error(`cannot add entropy: errno ${errno()}`);
  }
}

/** Set the clock, in milliseconds since 1970: clock_settime(2). */
export function setClock(time: number) {
  const CLOCK_REALTIME = 0;
  const seconds = Math.floor(time / 1000);
  const rest = Math.round(time - seconds * 1000) * 1e6;
  const timespec = new BigInt64Array([BigInt(seconds), BigInt(rest)]);
  if (libc().clock_settime(CLOCK_REALTIME, timespec) === 0) return;
  throw new Error(`cannot set the clock: errno ${errno()}`);
}

/** Let `path` show what is at `source`: mount(2). */
export function bindMount(source: string, path: string) {
  if (libc().mount(text(source), text(path), null, MS_BIND, null) === 0) return;
  throw new Error(`cannot mount over ${path}: errno ${errno()}`);
}
