import { assertEquals } from "@std/assert";
import { children, find, readXml } from "../xml/read.ts";
import { readDomain } from "./domain.ts";
import { type DomainSpec, domainXml } from "./domain_xml.ts";
import type { SpiceFeature } from "./metadata.ts";
import { hasSharedMemory } from "./share_xml.ts";

const SPEC: DomainSpec = {
  name: "web",
  uuid: "0d6cd9c4-4a5c-4a55-9f0e-0f1f4b1d2c3d",
  metadata: { kind: "appvm", template: "gui@3" },
  type: "qemu",
  memory: 2 ** 30 + 1,
  vcpus: 2,
  disks: [
    { path: "/img/a & b.qcow2", serial: "root" },
    { path: "/img/h.qcow2", serial: "home" },
  ],
  onReboot: "restart",
};

function written(changed: Partial<DomainSpec> = {}) {
  return readXml(domainXml({ ...SPEC, ...changed }));
}

Deno.test("readDomain() reads what domainXml() wrote", () => {
  const domain = readDomain(domainXml(SPEC));
  assertEquals([domain.name, domain.uuid, domain.type], [
    "web",
    SPEC.uuid,
    "qemu",
  ]);
  assertEquals(domain.memory, 2 ** 30 + 1024);
  assertEquals(domain.disks, [
    { path: "/img/a & b.qcow2", target: "vda", serial: "root" },
    { path: "/img/h.qcow2", target: "vdb", serial: "home" },
  ]);
  assertEquals(domain.network, undefined);
  assertEquals(domain.metadata?.template, "gui@3");
});

Deno.test("domainXml() boots by firmware without Secure Boot, or a kernel", () => {
  const own = find(written(), "os")!;
  assertEquals(own.attributes.firmware, "efi");
  assertEquals(find(own, "firmware/feature")?.attributes, {
    enabled: "no",
    name: "secure-boot",
  });
  const boot = { kernel: "/k", initrd: "/i", cmdline: "a=b c" };
  const direct = find(written({ boot }), "os")!;
  assertEquals(direct.attributes.firmware, undefined);
  assertEquals(find(direct, "cmdline")?.text, "a=b c");
});

Deno.test("domainXml() keeps free ports for what is plugged in later", () => {
  const devices = find(written(), "devices")!;
  const ports = children(devices, "controller").filter(({ attributes }) =>
    attributes.model === "pcie-root-port"
  );
  assertEquals(ports.length >= 8, true);
});

Deno.test("domainXml() has no network card unless one is asked for", () => {
  assertEquals(find(written(), "devices/interface"), undefined);
  const network = { name: "default", mac: "52:54:00:00:00:01" };
  const card = find(written({ network }), "devices/interface")!;
  assertEquals(find(card, "mac")?.attributes.address, network.mac);
});

Deno.test("domainXml() flushes no layer that is thrown away anyway", () => {
  const disks = [{ path: "/a", serial: "root", disposable: true }];
  const driver = (changed: Partial<DomainSpec>) =>
    find(written(changed), "devices/disk/driver")!.attributes.cache;
  assertEquals(driver({ disks }), "unsafe");
  assertEquals(driver({}), undefined);
});

Deno.test("domainXml(): SPICE carries what the recipe lets it, else nothing", () => {
  const carries = (spice?: SpiceFeature[]) => {
    const metadata = { ...SPEC.metadata, spice };
    const graphics = find(written({ metadata }), "devices/graphics")!;
    return [
      find(graphics, "clipboard")?.attributes.copypaste,
      find(graphics, "filetransfer")?.attributes.enable,
    ];
  };
  assertEquals(carries(), ["no", "no"]);
  assertEquals(carries(["clipboard"]), ["yes", "no"]);
  assertEquals(carries(["files"]), ["no", "yes"]);
});

Deno.test("domainXml(): memory is shared where the VM may have shares", () => {
  assertEquals(hasSharedMemory(domainXml(SPEC)), false);
  const shared = domainXml({ ...SPEC, sharedMemory: true });
  assertEquals(hasSharedMemory(shared), true);
});

Deno.test("domainXml(): a guest gives back what it frees, but for one that is forked", () => {
  const balloon = (changed: Partial<DomainSpec> = {}) =>
    find(written(changed), "devices/memballoon")!.attributes;
  assertEquals(balloon(), {
    model: "virtio",
    autodeflate: "on",
    freePageReporting: "on",
  });
  for (const shared of [true, false]) {
    assertEquals(balloon({ memoryFile: { path: "/m", shared } }), {
      model: "none",
    });
  }
});

Deno.test("domainXml(): a forked guest can tell that it is another one now", () => {
  const genid = (changed: Partial<DomainSpec> = {}) =>
    find(written(changed), "genid") !== undefined;
  assertEquals(genid({ memoryFile: { path: "/m", shared: false } }), true);
  assertEquals(genid(), false);
});

Deno.test("domainXml(): code that is translated has 128 MiB, where there is any", () => {
  const cache = (changed: Partial<DomainSpec>) =>
    find(written(changed), "features/tcg/tb-cache");
  const { text, attributes } = cache({ type: "qemu" })!;
  assertEquals([text, attributes], ["128", { unit: "MiB" }]);
  assertEquals(cache({ type: "kvm" }), undefined);
});
