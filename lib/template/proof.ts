/**
 * Proving a version before it is published: a throw-away layer on it is
 * booted, and the system must come up whole.
 */

import { connectToAgent } from "../agent/connect.ts";
import { runInGuest, waitForAgent } from "../agent/guest_agent.ts";
import { Failure } from "../command/failure.ts";
import { directoryOf, nvramName } from "../image/names.ts";
import type { Connection } from "../libvirt/connection.ts";
import { create, destroy } from "../libvirt/domain.ts";
import { type DomainSpec, domainXml } from "../libvirt/domain_xml.ts";
import { look } from "../libvirt/virsh.ts";
import { undoing } from "../undo/undo.ts";
import { domainOfVm } from "../vm/domain_of_vm.ts";

export interface Candidate {
  /** Name of the version, `gui@3`. */
  name: string;
  /** Path of its image, and bytes the guest sees. */
  path: string;
  capacity: number;
  type: DomainSpec["type"];
  memory: number;
  vcpus: number;
  network: string;
}

/** Seconds until the system must be up; emulation is slow. */
const UP = 600;

/**
 * Boot the candidate and look at it.
 *
 * @returns how many packages are installed in it.
 * @throws {Failure} where it does not reach its target, a unit failed, or an
 * agent does not answer: QEMU's and ours.
 */
export async function prove(
  connection: Connection,
  candidate: Candidate,
): Promise<number> {
  const { virsh, pool } = connection;
  const what = `cannot prove ${candidate.name}`;
  const name = proofName(candidate.name);
  const volume = `${name}.qcow2`;
  const { path, capacity } = candidate;
  await using undo = undoing();
  const layer = { name: volume, capacity, backing: path };
  await virsh.must(what, pool.create(layer));
  undo.add(() =>
    virsh.batch([
      pool.refresh(),
      ...[volume, nvramName(name)].map((one) => pool.delete(one)),
    ])
  );
  const root = `${directoryOf(path)}/${volume}`;
  undo.add(() => virsh.try(destroy(name)));
  await virsh.must(what, create(domainXml(proofDomain(candidate, name, root))));
  await waitForAgent(virsh, name, UP, async () => {
    if ((await virsh.try(look("domstate", name))).ok) return;
    throw new Failure("failed", what, "the VM ended while it booted");
  });
  const run = (...argv: string[]) => runInGuest(virsh, name, argv, UP);
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  const system = await run("systemctl", "is-system-running", "--wait");
  if (text(system.stdout) !== "running") {
    const failed = await run("systemctl", "--failed", "--plain", "--no-legend");
    const units = text(failed.stdout).split("\n")
      .map((line) => line.split(" ")[0]).join(", ");
    throw new Failure(
      "failed",
      what,
      `the system is "${text(system.stdout)}"; failed units: ${
        units || "none"
      }`,
    );
  }
  // It answers by handing over who it is, whatever its policy allows. On
  // another host its socket is there.
  if (virsh.local) {
    await (await connectToAgent(connection, name))[Symbol.asyncDispose]();
  }
  return text((await run("pacman", "-Qq")).stdout).split("\n").length;
}

/** `gui@3.proof`: domain and volume of a proof. */
export function proofName(version: string): string {
  return `${version}.proof`;
}

function proofDomain(
  { type, memory, vcpus, network }: Candidate,
  name: string,
  root: string,
): DomainSpec {
  const domain = domainOfVm({
    name,
    metadata: { kind: "build" },
    type,
    memory,
    vcpus,
    root,
    network: { name: network },
  });
  return { ...domain, onReboot: "destroy" };
}
