import { assertEquals } from "@std/assert";
import type { Listed } from "../libvirt/domain.ts";
import {
  DIRECTORY,
  domainNamed,
  dumped,
  type Expected,
  listed,
  volumesListed,
  withLibvirt,
} from "../libvirt/fake_virsh.ts";
import { warmVolumes } from "../warm/image.ts";
import { prune } from "./prune.ts";

/** Nobody else has it: locks are those of this host. */
const TEMPLATE = `test-${crypto.randomUUID().slice(0, 8)}`;
const [OLD, NEW] = [`${TEMPLATE}@2`, `${TEMPLATE}@3`];

const version = (name: string): Listed => ({
  name,
  state: "shut off",
  kind: "template",
});
const BOTH = listed([version(OLD), version(NEW)]);
const LEFT = listed([version(NEW)]);

const warmOf = (name: string, id: string) => {
  const { memory, disk, state } = warmVolumes(name, id);
  const backing = `${DIRECTORY}/${name}.qcow2`;
  return [{ name: disk, backing }, { name: memory }, { name: state }];
};
const [oldDisk, ...oldRest] = warmOf(OLD, "0123abcd");
const newWarm = warmOf(NEW, "89abcdef");
const images = [
  { name: `${OLD}.qcow2` },
  { name: `${NEW}.qcow2` },
  ...newWarm,
];

const domain = (name: string, id: string) => {
  const warm = { id, key: "", state: 1, layer: 1, units: [] };
  return domainNamed(name, { metadata: { kind: "template", warm } });
};
const NEWEST = dumped(domain(NEW, "89abcdef"), "--inactive");

/** Nothing was left by disposables, and no spare is of an old image. */
const NOBODY: Expected[] = [
  BOTH,
  dumped(domain(OLD, "0123abcd"), "--inactive"),
  NEWEST,
  BOTH,
];

const gone = (name: string): Expected => [
  `virsh vol-delete --pool default -- ${name}`,
];

/** What is swept in the end: nothing, where all is of a version's own image. */
const SWEPT: Expected[] = [
  ["virsh pool-refresh -- default"],
  ...volumesListed([{ name: `${NEW}.qcow2` }, ...newWarm]),
  LEFT,
  LEFT,
  NEWEST,
  ...volumesListed([{ name: `${NEW}.qcow2` }, ...newWarm]),
];

Deno.test("prune() deletes an old version with its warm image, and no other's", async () => {
  const volumes = [...images, oldDisk!, ...oldRest];
  const pruned = await withLibvirt([
    BOTH,
    ...NOBODY,
    ...volumesListed(volumes),
    BOTH,
    ...volumesListed(volumes),
    BOTH,
    [`virsh undefine --keep-nvram --managed-save --snapshots-metadata -- ${OLD}`],
    // What rests on the image goes first.
    gone(oldDisk!.name),
    gone(`${OLD}.qcow2`),
    ...oldRest.map(({ name }) => gone(name)),
    LEFT,
    ...SWEPT,
  ], (libvirt) => prune(libvirt, [TEMPLATE]));
  assertEquals(pruned, [OLD]);
});

Deno.test("prune() keeps an old version while a fork rests on its warm image", async () => {
  const fork = { name: "web.qcow2", backing: `${DIRECTORY}/${oldDisk!.name}` };
  const volumes = [...images, oldDisk!, ...oldRest, fork];
  const OLDEST = dumped(domain(OLD, "0123abcd"), "--inactive");
  const pruned = await withLibvirt([
    BOTH,
    ...NOBODY,
    ...volumesListed(volumes),
    BOTH,
    ...volumesListed(volumes),
    ["virsh pool-refresh -- default"],
    ...volumesListed(volumes),
    BOTH,
    BOTH,
    NEWEST,
    ...volumesListed(volumes),
    BOTH,
    OLDEST,
    ...volumesListed(volumes),
  ], (libvirt) => prune(libvirt, [TEMPLATE]));
  assertEquals(pruned, []);
});
