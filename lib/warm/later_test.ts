import { fakeContext } from "../command/fake_context.ts";
import {
  type Expected,
  type FakeOptions,
  withLibvirt,
} from "../libvirt/fake_virsh.ts";
import { Virsh } from "../libvirt/virsh.ts";
import { bakeLater } from "./later.ts";

async function published(
  versions: string[],
  table: Expected[],
  { uri, ...options }: FakeOptions & { uri?: string } = {},
) {
  await withLibvirt(table, ({ virsh, ...connection }) => {
    const there = uri === undefined ? virsh : new Virsh(virsh.run, uri);
    const context = fakeContext(virsh.run);
    bakeLater({ ...connection, virsh: there }, context, versions);
    return Promise.resolve();
  }, options);
}

Deno.test("bakeLater() bakes what was published, in a process of its own", () =>
  published(["gui@3", "dev@1"], [["vms-warm bake gui@3 dev@1"]]));

Deno.test("bakeLater() bakes nothing where nothing was published", () =>
  published([], []));

Deno.test("bakeLater() bakes nothing where the settings say so", () =>
  published(["gui@3"], [], { config: ({ warm }) => warm.bake = false }));

Deno.test("bakeLater() bakes nothing on another host", () =>
  published(["gui@3"], [], { uri: "qemu+ssh://far/system" }));
