import { assertEquals, assertThrows } from "@std/assert";
import { flags, join } from "./build.ts";

Deno.test("build: the permissions of all commands are joined", () => {
  const union = join({
    list: { run: ["virsh"], env: ["HOME"] },
    clone: {
      run: ["virsh", "qemu-img"],
      read: { allow: ["/etc"], deny: ["/etc/shadow"] },
    },
    iso: { net: true, read: ["/dev/kvm"] },
    doctor: { read: false, net: ["localhost"] },
  });
  assertEquals(union, {
    run: ["qemu-img", "virsh"],
    env: ["HOME"],
    read: ["/dev/kvm", "/etc"],
    net: true,
  });
  assertEquals(flags(union), [
    "--allow-read=/dev/kvm,/etc",
    "--allow-net",
    "--allow-env=HOME",
    "--allow-run=qemu-img,virsh",
  ]);
});

Deno.test("build: a permission that is not understood stops it", () => {
  assertThrows(() => join({ list: { all: true } }), Error, 'unknown key "all"');
  assertThrows(() => join({ list: { run: "virsh" } }), Error, "neither true");
});
