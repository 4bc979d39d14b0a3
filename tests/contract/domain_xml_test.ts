/** Real libvirt takes what lib/libvirt writes, and gives it back unharmed. */

import { assertEquals } from "@std/assert";
import { readDomain } from "../../lib/libvirt/domain.ts";
import { type DomainSpec, domainXml } from "../../lib/libvirt/domain_xml.ts";
import { withDisk, withMetadata } from "../../lib/libvirt/edit_xml.ts";
import type { Metadata } from "../../lib/libvirt/metadata.ts";
import { change, look, Virsh, XML_FILE } from "../../lib/libvirt/virsh.ts";
import { realRun } from "../../lib/process/run.ts";
import { children, find, readXml } from "../../lib/xml/read.ts";

const run = realRun({ trace: false, dryRun: false, log: () => {} });
const virsh = new Virsh(run, "test:///default");

const BASE: DomainSpec = {
  name: "work-client1",
  uuid: "0d6cd9c4-4a5c-4a55-9f0e-0f1f4b1d2c3d",
  metadata: { kind: "appvm", template: "gui@3", user: "user" },
  type: "qemu",
  memory: 2 * 2 ** 30,
  vcpus: 2,
  disks: [{ path: "/var/lib/libvirt/images/a.qcow2", serial: "root" }],
  onReboot: "restart",
};

const SPECS: Record<string, DomainSpec> = {
  "an AppVM": {
    ...BASE,
    disks: [...BASE.disks, { path: "/img/a b&c'd.qcow2", serial: "home" }],
    network: { name: "default", mac: "52:54:00:12:34:56" },
    credentials: {
      "system.hostname": "work-client1",
      "vms.text": "a,b=c,,d== <&>\"' ü \u{1f600}",
      "firstboot.locale": "en_US.UTF-8",
    },
  },
  "a disposable": {
    ...BASE,
    metadata: { kind: "disposable", template: "gui@3" },
    type: "kvm",
    disks: [{ ...BASE.disks[0]!, disposable: true }],
    onReboot: "destroy",
  },
  "an installer with direct boot and shares": {
    ...BASE,
    metadata: { kind: "build", recipe: "minimal", digest: "sha256:00" },
    disks: [
      { path: "/img/t.qcow2", serial: "root" },
      { path: "/iso/x.iso", serial: "iso", format: "raw", readonly: true },
    ],
    shares: [
      { tag: "seed", directory: "/run/vms/seed & co" },
      { tag: "cache", directory: "/var/lib/libvirt/filesystems/pkg/shared" },
    ],
    boot: {
      kernel: "/run/vms/vmlinuz",
      initrd: "/run/vms/initramfs.img",
      cmdline: "archisobasedir=arch archisosearchuuid=2026-01-01 console=ttyS0",
    },
    onReboot: "destroy",
  },
  "a template with snapshots": {
    ...BASE,
    name: "minimal@3",
    metadata: {
      kind: "template",
      recipe: "minimal",
      built: 1763719200,
      packages: 200,
      snapshots: [{ name: "one", created: 5, layers: { root: "a.qcow2" } }],
    },
  },
};

/** The domain as libvirt knows it after `xml` was defined. */
async function defined(xml: string): Promise<string> {
  const name = readDomain(xml).name;
  const [done, dumped] = await virsh.batch([
    change(["define", "--validate", XML_FILE], xml),
    look("dumpxml", "--inactive", "--", name),
  ]);
  assertEquals(done!.error, "");
  return dumped!.stdout;
}

function summary(metadata: Metadata | undefined) {
  const { kind, template, snapshots = [] } = metadata!;
  return { kind, template, snapshots: snapshots.map(({ name }) => name) };
}

for (const [what, spec] of Object.entries(SPECS)) {
  Deno.test(`domainXml(): libvirt takes ${what}`, async () => {
    const domain = readDomain(await defined(domainXml(spec)));
    assertEquals(domain.name, spec.name);
    assertEquals(domain.uuid, spec.uuid);
    assertEquals(domain.type, spec.type);
    assertEquals(domain.memory, spec.memory);
    assertEquals(domain.vcpus, spec.vcpus);
    assertEquals(domain.network, spec.network?.name);
    assertEquals(
      domain.disks.map(({ path, serial }) => [path, serial]),
      spec.disks.map(({ path, serial }) => [path, serial]),
    );
    assertEquals(summary(domain.metadata), summary(spec.metadata));
  });
}

Deno.test("domainXml(): credentials come through with every character", async () => {
  const { credentials = {} } = SPECS["an AppVM"]!;
  const root = readXml(await defined(domainXml(SPECS["an AppVM"]!)));
  const strings = children(find(root, "sysinfo/oemStrings")!, "entry");
  const given = Object.entries(credentials);
  for (const [name, value] of given) {
    const found = strings.map(({ text }) => text).find((text) =>
      text.startsWith(`io.systemd.credential:${name}=`) ||
      text.startsWith(`io.systemd.credential.binary:${name}=`)
    );
    const [kind, ...rest] = found!.split("=");
    const said = rest.join("=");
    assertEquals(kind!.includes(".binary:") ? decoded(said) : said, value);
  }
});

function decoded(base64: string): string {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  return new TextDecoder().decode(bytes);
}

Deno.test("domainXml(): memory is shared for virtiofs alone", async () => {
  const shared = async (spec: DomainSpec) =>
    find(readXml(await defined(domainXml(spec))), "memoryBacking/access");
  assertEquals(await shared(BASE), undefined);
  const installer = SPECS["an installer with direct boot and shares"]!;
  assertEquals((await shared(installer))?.attributes.mode, "shared");
});

Deno.test("domainXml(): no screen listens on a port", async () => {
  const root = readXml(await defined(domainXml(BASE)));
  const graphics = find(root, "devices/graphics")!;
  assertEquals(graphics.attributes.port, undefined);
  assertEquals(find(graphics, "listen")?.attributes.type, "none");
});

Deno.test("withMetadata(), withDisk(): libvirt takes what they made of its XML", async () => {
  const path = "/img/a b&c'd.qcow2";
  const dumped = await defined(domainXml(SPECS["an AppVM"]!));
  const snapshot = { name: "s", created: 1, layers: { root: "x", home: "y" } };
  const metadata: Metadata = {
    kind: "appvm",
    template: "gui@4",
    snapshots: [snapshot],
  };
  const once = await defined(
    withMetadata(withDisk(dumped, path, "/img/new $&'.qcow2"), metadata),
  );
  const twice = await defined(withMetadata(once, metadata));
  const domain = readDomain(twice);
  assertEquals(domain.disks[1]!.path, "/img/new $&'.qcow2");
  assertEquals(summary(domain.metadata), summary(metadata));
  assertEquals(find(readXml(twice), "title")!.text, "appvm on gui@4");
});
