/**
 * State of a paused guest's devices, without its memory where that is a file:
 * what QEMU calls migration. libvirt has no words for it, so its monitor is
 * asked: https://www.qemu.org/docs/master/interop/qemu-qmp-ref.html#migration
 *
 * The state comes and goes by a pipe of ours that libvirt hands to QEMU: no
 * socket, and no file that both must be allowed to open.
 */

import { Failure } from "../command/failure.ts";
import type { Talk } from "../process/run.ts";
import { change, demand, look, type Virsh } from "./virsh.ts";

/** Name of the pipe in QEMU. */
const PIPE = "vms-state";

/** Seconds for what takes a fraction of one. */
const PATIENCE = 60;

function monitorWords(domain: string, execute: string, args?: object) {
  const command = JSON.stringify({ execute, arguments: args });
  return ["qemu-monitor-command", "--", domain, command];
}

/** Whether memory that is a file stays out of the state. Not a stable name. */
function leaveMemoryOut(domain: string, state: boolean) {
  const capabilities = [{ capability: "x-ignore-shared", state }];
  return change(
    monitorWords(domain, "migrate-set-capabilities", { capabilities }),
  );
}

/**
 * Let the state that a guest is saved with be that of its devices alone.
 *
 * @throws {Failure} where this QEMU cannot do it.
 */
export async function prepareSaving(
  virsh: Virsh,
  domain: string,
): Promise<void> {
  const what = `cannot freeze "${domain}"`;
  await monitor(virsh, what, leaveMemoryOut(domain, true));
}

/** Take the state of a paused guest that was prepared; it cannot go on. */
export async function saveDeviceState(
  virsh: Virsh,
  domain: string,
): Promise<Uint8Array> {
  const what = `cannot freeze "${domain}"`;
  const pipe = givePipe(virsh, domain, 1);
  await pipe.stdin.close();
  const saved = bytesOf(pipe.stdout);
  await taken(pipe, what);
  const migrate = monitorWords(domain, "migrate", { uri: `fd:${PIPE}` });
  await monitor(virsh, what, change(migrate));
  await completed(virsh, domain, what);
  return withoutAnswer(await saved);
}

/** Give a guest that was started with `-incoming defer` its state. */
export async function loadDeviceState(
  virsh: Virsh,
  domain: string,
  state: Uint8Array,
): Promise<void> {
  const what = `cannot fork "${domain}"`;
  await monitor(virsh, what, leaveMemoryOut(domain, true));
  const pipe = givePipe(virsh, domain, 0);
  const written = write(pipe.stdin, state);
  // virsh fails where nobody listens to what it says.
  void bytesOf(pipe.stdout);
  await taken(pipe, what);
  const incoming = monitorWords(domain, "migrate-incoming", {
    uri: `fd:${PIPE}`,
  });
  await monitor(virsh, what, change(incoming));
  await Promise.all([written, completed(virsh, domain, what)]);
  // What is saved of it from here on is saved with its memory.
  await monitor(virsh, what, leaveMemoryOut(domain, false));
}

/** Hand virsh's standard input or output to QEMU. */
function givePipe(virsh: Virsh, domain: string, fd: 0 | 1): Talk {
  const [command, ...rest] = monitorWords(domain, "getfd", { fdname: PIPE });
  const words = [command!, "--pass-fds", `${fd}`, ...rest];
  return virsh.run.talk(virsh.argv(words), { stderr: true });
}

/** QEMU has the pipe once virsh has ended well. */
async function taken({ stderr, status }: Talk, what: string): Promise<void> {
  const said = new Response(stderr!).text();
  if ((await status).code === 0) return;
  throw new Failure("failed", what, (await said).trim());
}

/** A guest whose QEMU ends early closes the pipe. */
async function write(to: WritableStream<Uint8Array>, bytes: Uint8Array) {
  const writer = to.getWriter();
  try {
    await writer.write(bytes);
    await writer.close();
  } catch {
    // Its own end is told by who waits for it.
  }
}

async function bytesOf(from: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Uint8Array(await new Response(from).arrayBuffer());
}

/** The line by which virsh says that the pipe was taken comes first. */
function withoutAnswer(bytes: Uint8Array): Uint8Array {
  // QEMU_VM_FILE_MAGIC of migration/savevm.c.
  const magic = [0x51, 0x45, 0x56, 0x4d];
  for (let at = 0; at < Math.min(bytes.length, 4096); at++) {
    if (magic.every((byte, i) => bytes[at + i] === byte)) {
      return bytes.subarray(at);
    }
  }
  throw new Failure("failed", "cannot freeze a guest", "QEMU gave no state");
}

async function completed(virsh: Virsh, domain: string, what: string) {
  const end = performance.now() + PATIENCE * 1000;
  while (performance.now() < end) {
    const text = demand(
      what,
      await virsh.try(look(...monitorWords(domain, "query-migrate"))),
    );
    const { status, "error-desc": error } = answerOf(text);
    if (status === "completed") return;
    if (status === "failed") {
      const why = typeof error === "string" ? error : "QEMU does not take it";
      throw new Failure("failed", what, why);
    }
    await new Promise((done) => setTimeout(done, 5));
  }
  throw new Failure("timeout", what, `not done within ${PATIENCE} s`);
}

/** virsh succeeds also where QEMU refuses. */
async function monitor(
  virsh: Virsh,
  what: string,
  call: ReturnType<typeof change>,
) {
  // A batch, so that the session takes it: a process of its own is slow.
  const [text] = await virsh.mustAll(what, [call]);
  const { error } = parsed(text!);
  if (error) {
    const { desc } = error as Record<string, unknown>;
    throw new Failure("failed", what, String(desc));
  }
}

function answerOf(text: string): Record<string, unknown> {
  return (parsed(text).return ?? {}) as Record<string, unknown>;
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text || "{}");
  } catch {
    throw new Failure("failed", "cannot ask QEMU", "its answer is not JSON");
  }
}
