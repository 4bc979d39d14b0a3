/**
 * Another identity, for a guest that is a copy of one that ran: what copies
 * would have in common is replaced, before any program of the user runs.
 */

import { addEntropy, bindMount, setClock } from "./libc.ts";
import { CODE, RpcError } from "./json_rpc.ts";
import type { Params } from "./params.ts";

const RANDOM = "/proc/sys/kernel/random";

/** Fresh bytes that are asked for at least. */
const LEAST_ENTROPY = 32;

/**
 * Take the identity that the host gives.
 *
 * @returns the boot ID, that of no other copy.
 */
export function takeIdentity(params: Params) {
  const hostname = matching(params, "hostname", /^[a-z0-9][a-z0-9-]{0,62}$/);
  const machineId = matching(params, "machine_id", /^[0-9a-f]{32}$/);
  const entropy = fromBase64(params.text("entropy"));
  const time = params.number("time_ms");
  // First of all: what is drawn from here on is this copy's own.
  addEntropy(entropy);
  setClock(time);
  // At once, and not by a thread for each: the user waits for this.
  Deno.writeTextFileSync("/proc/sys/kernel/hostname", hostname);
  Deno.writeTextFileSync("/etc/machine-id", `${machineId}\n`);
  // guest/firstboot/identity leaves a VM alone that has it already.
  Deno.mkdirSync("/var/lib/vms", { recursive: true });
  Deno.writeTextFileSync("/var/lib/vms/identity", `${machineId}\n`);
  return { boot_id: newBootId() };
}

/**
 * The kernel keeps the one that was frozen; another lies over it, which is
 * written anew where it does already: a new mount would keep systemd busy.
 */
function newBootId(): string {
  const id = Deno.readTextFileSync(`${RANDOM}/uuid`).trim();
  const path = "/run/vms-boot-id";
  const shown = `${RANDOM}/boot_id`;
  Deno.writeTextFileSync(path, `${id}\n`, { mode: 0o444 });
  if (Deno.readTextFileSync(shown).trim() !== id) bindMount(path, shown);
  return id;
}

function matching(params: Params, name: string, pattern: RegExp): string {
  const text = params.text(name);
  if (pattern.test(text)) return text;
  throw new RpcError(CODE.params, `${name} must match ${pattern.source}`);
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    const bytes = Uint8Array.fromBase64(text);
    if (bytes.length >= LEAST_ENTROPY) return bytes;
  } catch {
    // Said below.
  }
  const least = `base64 of at least ${LEAST_ENTROPY} bytes`;
  throw new RpcError(CODE.params, `entropy must be ${least}`);
}
