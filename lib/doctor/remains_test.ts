import { assertEquals } from "@std/assert";
import {
  type Expected,
  listed,
  volumesListed,
  withLibvirt,
} from "../libvirt/fake_virsh.ts";
import type { Exam } from "./exam.ts";
import { builds } from "./remains.ts";

/** Nobody else's VM has it: locks are those of this host. */
const VM = `test-${crypto.randomUUID().slice(0, 8)}`;
const HOST = { root: "", uid: 0, kernel: "6.12.0", now: 0 };
const REFRESHED: Expected = ["virsh pool-refresh -- default"];

const LIST = listed([{ name: `${VM}@build`, state: "running", kind: "build" }]);
const DISK = volumesListed([
  { name: `${VM}.qcow2` },
  { name: `${VM}.10-partition.qcow2`, backing: `/pool/${VM}.qcow2` },
]);

/** What is looked at of one name. */
const SEEN = [LIST, REFRESHED, ...DISK, LIST, ...DISK];

const deleted = (name: string): Expected => [
  `virsh vol-delete --pool default -- ${name}`,
];

Deno.test("the disk of an installation goes once nothing writes to it, the last layer first", () =>
  withLibvirt([
    LIST,
    REFRESHED,
    ...DISK,
    ...SEEN,
    ...SEEN,
    LIST,
    REFRESHED,
    ...DISK,
    [`virsh destroy -- ${VM}@build`],
    deleted(`${VM}.10-partition.qcow2`),
    deleted(`${VM}.qcow2`),
  ], async (libvirt) => {
    const { run } = libvirt.virsh;
    const exam: Exam = { ...libvirt, run, host: HOST, names: [VM] };
    const [problem, ...others] = await builds.examine(exam);
    assertEquals([problem!.id, problem!.what, others], [
      `build:${VM}`,
      "left by a build or installation that is over (or was kept by --keep): " +
      `${VM}@build, ${VM}.10-partition.qcow2, ${VM}.qcow2`,
      [],
    ]);
    await problem!.repair!();
  }));
