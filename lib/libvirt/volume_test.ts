import { assertEquals } from "@std/assert";
import { fakeRun } from "../process/fake_run.ts";
import { Virsh } from "./virsh.ts";
import { Pool, readPoolDirectory, readVolume, volumeXml } from "./volume.ts";

Deno.test("volumeXml() of a layer", () => {
  const spec = { name: "a.qcow2", capacity: 1024, backing: "/b", mode: 0o444 };
  assertEquals(
    volumeXml(spec),
    '<volume><name>a.qcow2</name><capacity unit="bytes">1024</capacity>' +
      '<target><format type="qcow2"/><permissions><mode>0444</mode>' +
      "</permissions><compat>1.1</compat>" +
      '<clusterSize unit="KiB">128</clusterSize>' +
      "<features><extended_l2/></features></target>" +
      '<backingStore><path>/b</path><format type="qcow2"/></backingStore>' +
      "</volume>",
  );
});

Deno.test("volumeXml() of a raw image takes up nothing at first", () => {
  assertEquals(
    volumeXml({ name: "a", capacity: 5, format: "raw" }),
    '<volume><name>a</name><capacity unit="bytes">5</capacity>' +
      '<allocation unit="bytes">0</allocation><target><format type="raw"/>' +
      "<permissions><mode>0600</mode></permissions></target></volume>",
  );
});

Deno.test("readVolume() reads what libvirt prints", () => {
  const { backing, ...bare } = readVolume(`
<volume type='file'>
  <name>a.qcow2</name>
  <capacity unit='bytes'>1024</capacity>
  <allocation unit='bytes'>512</allocation>
  <physical unit='bytes'>700</physical>
  <target><path>/img/a.qcow2</path><format type='qcow2'/></target>
</volume>`);
  assertEquals(bare, {
    name: "a.qcow2",
    path: "/img/a.qcow2",
    capacity: 1024,
    allocation: 512,
    physical: 700,
    format: "qcow2",
  });
  assertEquals(backing, undefined);
});

Deno.test("readPoolDirectory() reads where images lie", () => {
  const xml = "<pool><target><path>/img</path></target></pool>";
  assertEquals(readPoolDirectory(xml), "/img");
});

Deno.test("Pool.volumes() of an empty pool is one process", async () => {
  using run = fakeRun([
    ["virsh -c test:///default vol-list -- default", {
      stdout: " Name   Path\n--------------\n\n",
    }],
  ]);
  const pool = new Pool(new Virsh(run, "test:///default"), "default");
  assertEquals(await pool.volumes(), []);
});
