import { assertEquals } from "@std/assert";
import {
  domainNamed,
  dumped,
  type Expected,
  listed,
  withLibvirt,
} from "../libvirt/fake_virsh.ts";
import { groups } from "./groups.ts";

const HOST = { root: "", uid: 0, kernel: "6.12.0", now: 0 };

const NETWORKS: Expected = ["virsh net-list --all", {
  stdout: ` Name             State      Autostart   Persistent
----------------------------------------------------
 default          active     yes         yes
 vms              active     yes         yes
 vms-group-old    inactive   yes         yes
 vms-group-work   active     yes         yes
 vms-isolated     active     yes         yes
`,
}];

const web = (network: string, ...options: string[]): Expected =>
  dumped(
    domainNamed("web", {
      metadata: { kind: "appvm" },
      network: { name: network },
    }),
    ...options,
  );

/** It is in one group, and will be in another from its next start on. */
const LOOKED = [
  NETWORKS,
  listed([{ name: "web", state: "running", kind: "appvm" }]),
  web("vms-isolated", "--inactive"),
  web("vms-group-work"),
];

Deno.test("groups without VMs are found, and left for a person to remove", () =>
  withLibvirt([
    ...LOOKED,
  ], async (libvirt) => {
    const { run } = libvirt.virsh;
    const found = await groups.examine({
      ...libvirt,
      run,
      host: HOST,
      names: [],
    });
    assertEquals(found.map(({ id, cure, repair }) => [id, cure, repair]), [[
      "group:vms-group-old",
      "virsh -c test:///default net-undefine vms-group-old",
      undefined,
    ]]);
  }));
