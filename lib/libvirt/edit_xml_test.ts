import { assertEquals, assertThrows } from "@std/assert";
import { readXml } from "../xml/read.ts";
import { withCredentialsFile, withDisk, withMetadata } from "./edit_xml.ts";
import { readMetadata, type SnapshotRecord } from "./metadata.ts";

const SNAPSHOTS: SnapshotRecord[] = [
  { name: "a", created: 1, layers: { root: "r1", home: "h1" }, memory: "m" },
  { name: "b", created: 2, layers: { root: "r2" }, memory: undefined },
];

function domain(metadata: string): string {
  return "<domain><name>web</name><title>appvm on gui@1</title>" +
    `<metadata>${metadata}<other:x xmlns:other="o"/></metadata>` +
    "<devices><disk><source file='/img/a &amp; b.qcow2' index='1'/></disk>" +
    "<disk><source file='/img/a.qcow2'/></disk></devices></domain>";
}

function metadataOf(xml: string) {
  return readMetadata(readXml(xml));
}

const BARE = domain("<vms:vm xmlns:vms='urn:vms:domain:1' kind='appvm'/>");

Deno.test("withMetadata() replaces ours, the title, and nothing else", () => {
  const changed = withMetadata(BARE, { kind: "appvm", template: "gui@2" });
  assertEquals(metadataOf(changed)?.template, "gui@2");
  assertEquals(changed.includes("<title>appvm on gui@2</title>"), true);
  assertEquals(changed.includes('<other:x xmlns:other="o"/>'), true);
});

Deno.test("withMetadata() replaces an element that has snapshots", () => {
  const full = withMetadata(BARE, { kind: "appvm", snapshots: SNAPSHOTS });
  assertEquals(metadataOf(full)?.snapshots, SNAPSHOTS);
  const fewer = SNAPSHOTS.slice(1);
  const again = withMetadata(full, { kind: "appvm", snapshots: fewer });
  assertEquals(metadataOf(again)?.snapshots, fewer);
  assertEquals(again.includes("h1"), false);
  assertEquals(
    withMetadata(again, { kind: "appvm" }).includes("snapshot"),
    false,
  );
});

Deno.test("withMetadata() takes $ for what it is", () => {
  const changed = withMetadata(BARE, { kind: "appvm", user: "$&$1" });
  assertEquals(metadataOf(changed)?.user, "$&$1");
});

Deno.test("withDisk() lets just that disk rest on another image", () => {
  const changed = withDisk(BARE, "/img/a.qcow2", "/img/c$&.qcow2");
  assertEquals(
    changed,
    BARE.replace("/img/a.qcow2", () => "/img/c$&amp;.qcow2"),
  );
});

Deno.test("withDisk() finds a path that libvirt had to escape", () => {
  const changed = withDisk(BARE, "/img/a & b.qcow2", "/img/c.qcow2");
  assertEquals(
    changed.includes("<source file='/img/c.qcow2' index='1'/>"),
    true,
  );
});

Deno.test("withDisk() refuses an image that is no disk of it", () => {
  assertThrows(
    () => withDisk(BARE, "/img/x.qcow2", "/img/c.qcow2"),
    Error,
    "no disk of the domain is /img/x.qcow2",
  );
});

Deno.test("withDisk() forgets the chain of the old image, and only that", () => {
  const disk = (path: string, chain: string) =>
    `<disk type='file'>\n<source file='${path}'/>${chain}<target dev='vda'/></disk>`;
  const nested = "\n<backingStore type='file'><source file='/b'/>" +
    "<backingStore type='file'><source file='/c'/><backingStore/></backingStore></backingStore>";
  const empty = "\n<backingStore/>";
  const xml = (one: string, two: string, chain = "") =>
    disk(one, chain) + disk(two, empty);
  assertEquals(withDisk(xml("/a", "/h", nested), "/a", "/n"), xml("/n", "/h"));
  assertEquals(
    withDisk(xml("/a", "/h", nested), "/h", "/n"),
    disk("/a", nested) + disk("/n", ""),
  );
});

Deno.test("withCredentialsFile() names the file, once", () => {
  const bare = "<domain><name>web</name>\n<os firmware='efi'></os></domain>";
  const given = withCredentialsFile(bare, "/img/web.credentials");
  assertEquals(
    given,
    '<domain><name>web</name>\n<sysinfo type="fwcfg">' +
      '<entry name="opt/io.systemd.credentials/vms.credentials" ' +
      "file=\"/img/web.credentials\"/></sysinfo><os firmware='efi'></os></domain>",
  );
  assertEquals(withCredentialsFile(given, "/other"), given);
});
