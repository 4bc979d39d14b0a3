/**
 * qemu-guest-agent, asked through libvirt: is the guest up, and run a program
 * in it. https://www.qemu.org/docs/master/interop/qemu-ga-ref.html
 */

import { Failure } from "../command/failure.ts";
import { demand, look, type Virsh } from "../libvirt/virsh.ts";

/** What a program in the guest left. */
export interface GuestResult {
  code: number;
  stdout: Uint8Array;
  stderr: Uint8Array;
  /** True where the agent cut the output: it hands over 16 MiB at most. */
  truncated: boolean;
}

/** True where the agent answers now. */
export async function agentAnswers(
  virsh: Virsh,
  domain: string,
): Promise<boolean> {
  const ping = agentCall(domain, { execute: "guest-ping" }, 5);
  return (await virsh.try(ping)).ok;
}

/**
 * Wait until the agent answers.
 *
 * `alive` is asked each time: it throws where waiting has become useless.
 *
 * @throws {Failure} `timeout`.
 */
export async function waitForAgent(
  virsh: Virsh,
  domain: string,
  seconds: number,
  alive: () => Promise<void>,
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (!await agentAnswers(virsh, domain)) {
    await alive();
    if (performance.now() > end) {
      throw new Failure(
        "timeout",
        `cannot reach the agent of "${domain}"`,
        `it did not answer within ${seconds} s`,
        `vms-console ${domain}`,
      );
    }
    await pause(250);
  }
}

/**
 * Run a program in the guest, as root and without a shell, to its end.
 *
 * @throws {Failure} `timeout` after that many seconds; the program runs on.
 */
export async function runInGuest(
  virsh: Virsh,
  domain: string,
  argv: readonly string[],
  seconds: number,
): Promise<GuestResult> {
  const [path, ...arg] = argv;
  const { pid } = membersOf(
    domain,
    await ask(virsh, domain, {
      execute: "guest-exec",
      arguments: { path, arg, "capture-output": true },
    }),
  );
  demandNumber(domain, pid);
  const end = performance.now() + seconds * 1000;
  for (let wait = 20;; wait = Math.min(wait * 1.5, 500)) {
    const status = membersOf(
      domain,
      await ask(virsh, domain, {
        execute: "guest-exec-status",
        arguments: { pid },
      }),
    );
    if (status.exited) return result(domain, status);
    if (performance.now() > end) {
      throw new Failure(
        "timeout",
        `cannot wait for ${path} in "${domain}"`,
        `it did not end within ${seconds} s`,
      );
    }
    await pause(wait);
  }
}

function result(
  domain: string,
  status: Record<string, unknown>,
): GuestResult {
  const { exitcode, signal } = status;
  // As a shell says it: a program that a signal ended.
  const code = exitcode ?? 128 + Number(signal ?? 0);
  demandNumber(domain, code);
  return {
    code,
    stdout: decode(status["out-data"]),
    stderr: decode(status["err-data"]),
    truncated: Boolean(status["out-truncated"] || status["err-truncated"]),
  };
}

/** The guest is not trusted: what is not base64 is no output. */
function decode(data: unknown): Uint8Array {
  if (typeof data !== "string") return new Uint8Array();
  try {
    return Uint8Array.fromBase64(data);
  } catch {
    return new Uint8Array();
  }
}

async function ask(
  virsh: Virsh,
  domain: string,
  command: object,
): Promise<unknown> {
  const answer = await virsh.try(agentCall(domain, command, 30));
  const text = demand(`cannot ask the agent of "${domain}"`, answer);
  try {
    return JSON.parse(text).return;
  } catch {
    throw unlike(domain, "is not JSON");
  }
}

/** It may answer anything, the guest has it in its hand. */
function membersOf(domain: string, said: unknown): Record<string, unknown> {
  if (typeof said === "object" && said !== null) return { ...said };
  throw unlike(domain, "is no object");
}

function demandNumber(domain: string, said: unknown): asserts said is number {
  if (!Number.isSafeInteger(said)) throw unlike(domain, "lacks a number");
}

function unlike(domain: string, why: string): Failure {
  const what = `cannot ask the agent of "${domain}"`;
  return new Failure("failed", what, `its answer ${why}`);
}

function agentCall(domain: string, command: object, seconds: number) {
  return look(
    "qemu-agent-command",
    "--timeout",
    `${seconds}`,
    "--",
    domain,
    JSON.stringify(command),
  );
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((done) => setTimeout(done, milliseconds));
}

/** Write a small file, whole, as root. */
export async function writeInGuest(
  virsh: Virsh,
  domain: string,
  path: string,
  content: Uint8Array,
): Promise<void> {
  const handle = await ask(virsh, domain, {
    execute: "guest-file-open",
    arguments: { path, mode: "w" },
  });
  demandNumber(domain, handle);
  await ask(virsh, domain, {
    execute: "guest-file-write",
    arguments: { handle, "buf-b64": content.toBase64() },
  });
  await ask(virsh, domain, {
    execute: "guest-file-close",
    arguments: { handle },
  });
}
