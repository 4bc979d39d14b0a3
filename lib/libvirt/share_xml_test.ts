import { assertEquals } from "@std/assert";
import {
  hasSharedMemory,
  readSharedDirectories,
  sharedDirectory,
  withSharedMemory,
} from "./share_xml.ts";

const SHARE = {
  tag: "/mnt/client1",
  directory: "/home/me/a & <b>",
  daemon: "/usr/lib/vms/vms-virtiofsd-ro",
};

function domain(devices: string): string {
  return `<domain><vcpu>2</vcpu><devices>${devices}</devices></domain>`;
}

Deno.test("sharedDirectory() names daemon, directory and tag, and escapes them", () => {
  assertEquals(
    sharedDirectory(SHARE),
    '<filesystem type="mount" accessmode="passthrough">' +
      '<driver type="virtiofs"/>' +
      '<binary path="/usr/lib/vms/vms-virtiofsd-ro">' +
      '<sandbox mode="chroot"/></binary>' +
      '<source dir="/home/me/a &#38; &#60;b&#62;"/>' +
      '<target dir="/mnt/client1"/></filesystem>',
  );
});

Deno.test("readSharedDirectories() reads what sharedDirectory() wrote", () => {
  const xml = domain(sharedDirectory(SHARE));
  assertEquals(readSharedDirectories(xml), [SHARE]);
});

Deno.test("readSharedDirectories() leaves out what is not virtiofs", () => {
  const other = "<filesystem type='mount'><source dir='/a'/></filesystem>";
  assertEquals(readSharedDirectories(domain(other)), []);
  assertEquals(readSharedDirectories("<domain/>"), []);
});

Deno.test("withSharedMemory() can be said twice and undone", () => {
  const plain = domain("");
  assertEquals(hasSharedMemory(plain), false);
  const shared = withSharedMemory(plain, true);
  assertEquals(hasSharedMemory(shared), true);
  assertEquals(withSharedMemory(shared, true), shared);
  assertEquals(withSharedMemory(shared, false), plain);
});
