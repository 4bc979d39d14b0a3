import { assertEquals } from "@std/assert";
import type { Listed } from "../libvirt/domain.ts";
import {
  domainNamed,
  dumped,
  type Expected,
  listed,
  volumesListed,
  withLibvirt,
} from "../libvirt/fake_virsh.ts";
import { lock } from "../lock/lock.ts";
import { endDisposable, sweepDisposables } from "./end.ts";

/** Nobody else's VM has it: locks are those of this host. */
const NAME = `test-${crypto.randomUUID().slice(0, 8)}`;

const OFF: Listed = {
  name: NAME,
  state: "shut off",
  kind: "disposable",
  template: "gui@3",
};

const WRITTEN = volumesListed([
  { name: "gui@3.qcow2" },
  { name: `${NAME}.qcow2`, backing: "/pool/gui@3.qcow2" },
]);

const DROPPED: Expected[] = [
  ["virsh pool-refresh -- default"],
  [`virsh vol-delete --pool default -- ${NAME}.qcow2`],
  [`virsh vol-delete --pool default -- ${NAME}.nvram.fd`],
  [`virsh managedsave-remove -- ${NAME}`],
];

async function sweeping(table: Expected[], options = {}) {
  return await withLibvirt(
    table,
    (libvirt) => sweepDisposables(libvirt, options),
  );
}

Deno.test("sweepDisposables() drops what a named one wrote that is off", async () => {
  const table = [listed([OFF]), ...WRITTEN, listed([OFF]), ...DROPPED];
  assertEquals(await sweeping(table), [NAME]);
});

Deno.test("sweepDisposables() only looks, where that is asked for", async () => {
  const table = [listed([OFF]), ...WRITTEN, listed([OFF])];
  assertEquals(await sweeping(table, { look: true }), [NAME]);
});

Deno.test("sweepDisposables() leaves one that somebody starts", async () => {
  using _starting = await lock("vm", NAME);
  assertEquals(await sweeping([listed([OFF]), ...WRITTEN]), []);
});

Deno.test("sweepDisposables() leaves one that has started meanwhile, and AppVMs", async () => {
  for (
    const meanwhile of [
      { ...OFF, state: "running" },
      { ...OFF, kind: "appvm" },
    ] as const
  ) {
    const table = [
      listed([OFF]),
      ...WRITTEN,
      listed([meanwhile]),
    ];
    assertEquals(await sweeping(table), []);
    assertEquals(await sweeping([listed([meanwhile]), ...WRITTEN]), []);
  }
});

Deno.test("sweepDisposables() asks nothing of one that left nothing", async () => {
  const table = [listed([OFF]), ...volumesListed([{ name: "gui@3.qcow2" }])];
  assertEquals(await sweeping(table), []);
});

Deno.test("endDisposable() leaves one that somebody has begun to keep", async () => {
  const as = (kind: "appvm" | "build", ...words: string[]) =>
    dumped(domainNamed(NAME, { metadata: { kind } }), ...words);
  const ended = await withLibvirt(
    [as("build"), as("appvm", "--inactive")],
    (libvirt) => endDisposable(libvirt, NAME),
  );
  assertEquals(ended, false);
});

Deno.test("endDisposable() deletes all of one that is gone already", async () => {
  const table: Expected[] = [
    [`virsh dumpxml -- ${NAME}`, { error: "failed to get domain" }],
    [`virsh dumpxml --inactive -- ${NAME}`, { error: "failed to get domain" }],
    [`virsh destroy -- ${NAME}`, { error: "failed to get domain" }],
    [
      `virsh undefine --keep-nvram --managed-save --snapshots-metadata -- ${NAME}`,
      { error: "failed to get domain" },
    ],
    ...DROPPED.slice(0, -1),
    [`virsh nwfilter-undefine vms-${NAME}`],
  ];
  const ended = await withLibvirt(
    table,
    (libvirt) => endDisposable(libvirt, NAME),
  );
  assertEquals(ended, true);
});
