/** A version is published whole or not at all, whenever the command that does it is killed. */

import { assertEquals } from "@std/assert";
import { define } from "../../lib/libvirt/domain.ts";
import { domainXml } from "../../lib/libvirt/domain_xml.ts";
import { Virsh } from "../../lib/libvirt/virsh.ts";
import { Pool } from "../../lib/libvirt/volume.ts";
import { realRun } from "../../lib/process/run.ts";
import {
  domains,
  killedAt,
  run,
  virsh,
  vms,
  volumes,
  writeRecipe,
} from "../e2e/vms.ts";

const IMAGES = "/var/lib/libvirt/images";
const PUBLISHER = new URL("publisher.ts", import.meta.url).pathname;

/** A version that somebody published before. */
async function published(name: string, backing?: string): Promise<void> {
  const quiet = realRun({ trace: false, dryRun: false, log() {} });
  const libvirt = new Virsh(quiet, "qemu:///system");
  const image = `${name}.qcow2`;
  const path = `${IMAGES}/${image}`;
  const pool = new Pool(libvirt, "default");
  const volume = { name: image, capacity: 2 ** 23, mode: 0o444, backing };
  const [recipe = ""] = name.split("@");
  await libvirt.mustAll(`cannot publish ${name}`, [
    pool.create(volume),
    define(domainXml({
      name,
      uuid: crypto.randomUUID(),
      metadata: {
        kind: "template",
        recipe,
        template: backing && "base@1",
        built: 1,
      },
      type: "qemu",
      memory: 2 ** 26,
      vcpus: 1,
      disks: [{ path, serial: "root", readonly: true }],
      onReboot: "destroy",
    })),
  ]);
}

/** Begin to publish, and kill it with -9 when it says this; words are the publisher's. */
async function publishUntil(pattern: RegExp, ...words: string[]) {
  const publisher = ["deno", "run", "--allow-all", PUBLISHER];
  await killedAt([...publisher, ...words], pattern);
}

/** What the doctor leaves when it has swept: all templates and volumes, and nothing that runs. */
async function swept(): Promise<{ list: string; volumes: string[] }> {
  const doctor = await run(["vms-doctor", "--repair"]);
  assertEquals(doctor.code, 0, doctor.stderr);
  const again = await run(["vms-doctor", "--json"]);
  assertEquals(/grown|base@/.test(again.stdout), false, again.stdout);
  assertEquals(await virsh("list", "--name"), "");
  const list = await vms("template", "list");
  assertEquals(`${(await domains()).join("\n")}\n`, list);
  return { list, volumes: await volumes() };
}

const BEFORE = {
  list: "base@1\ngrown@1\n",
  volumes: ["base@1.qcow2", "grown@1.qcow2"],
};
const AFTER = {
  list: `${BEFORE.list}grown@2\n`,
  volumes: [...BEFORE.volumes, "grown@2.qcow2"],
};

Deno.test("there is a template on another", async () => {
  await writeRecipe("base", "");
  await writeRecipe("grown", 'parent = "base"\n');
  await published("base@1");
  await published("grown@1", `${IMAGES}/base@1.qcow2`);
  assertEquals(await swept(), BEFORE);
});

const STAGES: [stage: string, pattern: RegExp, ...words: string[]][] = [
  ["its disk is made", /^\+ virsh .* vol-create /m, "grown"],
  [
    "its image is copied",
    /^\+ virsh .* vol-upload .*grown@2\.qcow2/m,
    "grown",
  ],
  ["the version is about to be proven", /^proving grown@2/m, "grown"],
  ["the version is proven", /guest-ping/, "grown"],
  ["its image is written to the disk", /^\+ sync/m, "grown", "unproven"],
  // By libvirtd, which does not end with who asked for it.
  [
    "the image of one without a parent is made",
    /^\+ virsh .* vol-create-from .*base@build\.qcow2/m,
    "base",
  ],
  [
    "a flat image is made",
    /^\+ virsh .* vol-create-from .*grown@1\.qcow2/m,
    ...["grown", "flat"],
  ],
  ["a flat image is about to be proven", /^proving grown@2/m, "grown", "flat"],
  [
    "a flat image is written to the disk",
    /^\+ sync/m,
    ...["grown", "flat", "unproven"],
  ],
];

for (const [stage, pattern, ...words] of STAGES) {
  Deno.test(`publishing, killed with -9 while ${stage}, leaves the last version serving`, async () => {
    await publishUntil(pattern, ...words);
    assertEquals(await swept(), BEFORE);
  });
}

Deno.test("publishing, killed with -9 in the step that publishes, has published all or nothing", async () => {
  await publishUntil(/^\+ virsh .* define/m, "grown", "unproven");
  const found = await swept();
  assertEquals(found, found.list === AFTER.list ? AFTER : BEFORE);
});

Deno.test("publishing, killed with -9 once it is done, leaves the new version serving", async () => {
  if ((await domains()).includes("grown@2")) {
    await virsh("undefine", "grown@2");
    await virsh("vol-delete", "--pool", "default", "grown@2.qcow2");
  }
  await publishUntil(
    /^\+ virsh .* vol-delete .*grown@build\.qcow2/m,
    ...["grown", "unproven"],
  );
  assertEquals(await swept(), AFTER);
});

Deno.test("all of it goes", async () => {
  for (const name of ["grown@2", "grown@1", "base@1"]) {
    await virsh("undefine", name);
    await virsh("vol-delete", "--pool", "default", `${name}.qcow2`);
  }
  assertEquals(await domains(), []);
});
