import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Failure } from "../command/failure.ts";
import type { Listed } from "../libvirt/domain.ts";
import {
  domainNamed,
  dumped,
  type Expected,
  volumesListed,
  withLibvirt,
} from "../libvirt/fake_virsh.ts";
import type { Volume } from "../libvirt/volume.ts";
import { checkDestroyable, destroyVms } from "./destroy.ts";

const WEB: Listed = { name: "web", state: "shut off", kind: "appvm" };
const DOMAIN = domainNamed("web", { metadata: { kind: "appvm" } });

const UNDEFINE =
  "virsh undefine --keep-nvram --managed-save --snapshots-metadata -- web";

const deleted = (name: string): Expected => [
  `virsh vol-delete --pool default -- ${name}`,
];

/** All that it has, the layers above those that they rest on. */
const GONE: Expected[] = [
  ["virsh nwfilter-undefine vms-web", { error: "no nwfilter" }],
  ["virsh pool-refresh -- default"],
  ...volumesListed([
    { name: "gui@1.qcow2" },
    { name: "web.qcow2", backing: "/pool/gui@1.qcow2" },
    { name: "web.1.qcow2", backing: "/pool/web.qcow2" },
    { name: "web.home.qcow2" },
    { name: "web.nvram.fd" },
    { name: "web-2.qcow2", backing: "/pool/gui@1.qcow2" },
  ]),
  ...["web.1.qcow2", "web.qcow2", "web.home.qcow2", "web.nvram.fd"]
    .map(deleted),
  ["secret-tool clear service vms vm web uri local"],
];

function destroying(table: Expected[], list = [WEB]) {
  return withLibvirt(table, (libvirt) => destroyVms(libvirt, list, ["web"]));
}

Deno.test("destroyVms() forgets the domain, and then deletes what was its own", () =>
  destroying([dumped(DOMAIN), [UNDEFINE], ...GONE]));

Deno.test("destroyVms() ends one that runs first, and one that is gone then is well", () =>
  destroying([
    dumped(DOMAIN),
    ["virsh destroy -- web"],
    [UNDEFINE, { error: "failed to get domain 'web'" }],
    ...GONE,
  ], [{ ...WEB, state: "running" }]));

Deno.test("destroyVms() deletes no disk of a VM that libvirt keeps", async () => {
  const failure = await assertRejects(
    () =>
      destroying([dumped(DOMAIN), [UNDEFINE, {
        error: "it has a checkpoint",
      }]]),
    Failure,
  );
  assertEquals(
    failure.message,
    'cannot destroy "web": it has a checkpoint',
  );
});

const VOLUMES = [
  { name: "web.qcow2", path: "/pool/web.qcow2" },
  { name: "copy.qcow2", path: "/pool/copy.qcow2", backing: "/pool/web.qcow2" },
] as Volume[];

const COPY: Listed = { name: "copy", state: "running", kind: "appvm" };

const REFUSED: [names: string[], list: Listed[], why: string][] = [
  [["web"], [WEB, COPY], "copy rest on its disks"],
  [["copy"], [WEB, COPY], "it is running"],
  [["gui@1"], [{ ...WEB, name: "gui@1", kind: "template" }], "a version of"],
  [["web"], [{ name: "web", state: "shut off" }], "vms did not make that VM"],
  [["web"], [], "no VM has that name"],
];

for (const [names, list, why] of REFUSED) {
  Deno.test(`checkDestroyable() refuses: ${why}`, () => {
    assertThrows(
      () => checkDestroyable(list, VOLUMES, names, { force: false }),
      Failure,
      why,
    );
  });
}

Deno.test("checkDestroyable() takes all that rest on each other, and by force what runs", () => {
  const both = ["web", "copy"];
  checkDestroyable([WEB, COPY], VOLUMES, both, { force: true });
  const running: Listed = { ...WEB, state: "running", kind: "disposable" };
  checkDestroyable([running], [], ["web"], { force: false });
});
