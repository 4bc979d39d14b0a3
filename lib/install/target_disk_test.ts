import { assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../command/failure.ts";
import {
  DIRECTORY,
  type Expected,
  volumesListed,
  withLibvirt,
} from "../libvirt/fake_virsh.ts";
import { TargetDisk } from "./target_disk.ts";

const STEPS = ["10-partition", "20-filesystems", "30-base", "40-configuration"];

/** Of an installation that failed in 30-base. */
const KEPT = ["web.qcow2", "web.20-filesystems.qcow2", "web.30-base.qcow2"];

const looked = (volumes: string[]): Expected[] => [
  ["virsh pool-refresh -- default"],
  ...volumesListed(volumes.map((name) => ({ name }))),
];

const deleted = (name: string): Expected => [
  `virsh vol-delete --pool default -- ${name}`,
];

const made = (name: string, ...xml: string[]): Expected => [
  "virsh vol-create -- default /dev/stdin",
  { xml: [`<name>${name}</name>`, ...xml] },
];

/** The path that is written to, once the disk is taken up. */
function resumed(table: Expected[], step: string): Promise<string> {
  return withLibvirt(table, async ({ virsh, pool }) => {
    const spec = { name: "web", capacity: 2 ** 30 };
    const disk = new TargetDisk(virsh, pool, DIRECTORY, spec);
    await disk.resume(STEPS, step);
    return disk.path;
  });
}

const CASES: [from: string, step: string, calls: Expected[], path: string][] = [
  [
    "the step that failed",
    "30-base",
    [
      deleted("web.30-base.qcow2"),
      made("web.30-base.qcow2", `<path>${DIRECTORY}/web.20-filesystems.qcow2`),
    ],
    "web.30-base.qcow2",
  ],
  [
    "a checkpoint before the step that failed, and drops the later ones",
    "20-filesystems",
    [
      deleted("web.30-base.qcow2"),
      deleted("web.20-filesystems.qcow2"),
      made("web.20-filesystems.qcow2", `<path>${DIRECTORY}/web.qcow2`),
    ],
    "web.20-filesystems.qcow2",
  ],
  [
    "the first step, on a new disk",
    "10-partition",
    [
      deleted("web.30-base.qcow2"),
      deleted("web.20-filesystems.qcow2"),
      deleted("web.qcow2"),
      made("web.qcow2"),
    ],
    "web.qcow2",
  ],
];

for (const [from, step, calls, path] of CASES) {
  Deno.test(`TargetDisk.resume() goes on from ${from}`, async () => {
    const found = await resumed([...looked(KEPT), ...calls], step);
    assertEquals(found, `${DIRECTORY}/${path}`);
  });
}

const LOST: [what: string, there: string[], step: string, lost: string][] = [
  ["was not kept", ["other.qcow2"], "30-base", "web.qcow2"],
  [
    "did not get so far",
    KEPT.slice(0, 2),
    "40-configuration",
    "web.30-base.qcow2",
  ],
];

for (const [what, there, step, lost] of LOST) {
  Deno.test(`TargetDisk.resume() changes nothing of a disk that ${what}`, async () => {
    const { exit, message } = await assertRejects(
      () => resumed(looked(there), step),
      Failure,
    );
    assertEquals(exit, "missing");
    assertEquals(
      message,
      `cannot go on from step ${step}: there is no volume "${lost}": ` +
        "that installation did not get so far, or its disk was not kept",
    );
  });
}
