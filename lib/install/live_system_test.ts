import { assertEquals } from "@std/assert";
import { TYPED, withGuest } from "../console/fake_guest.ts";
import { logIn, mountSeed } from "./live_system.ts";

Deno.test("logIn() takes a prompt that a line of the kernel stands behind", async () => {
  let heard = "";
  await withGuest(
    `${TYPED} printf 'archiso login: [  12.3] noise\\n'
    typed; echo "user: $line"
    typed; echo "shell: $line"
    typed; eval "\${line##*dmesg -n1; }"
    sleep 9`,
    async (console, transcript) => {
      await logIn(console);
      heard = transcript();
    },
  );
  const lines = heard.split("\n").filter((line) => /^(user|shell):/.test(line));
  assertEquals(lines.map((line) => line.slice(0, 20)), [
    "user: root",
    "shell: exec env -i H",
  ]);
});

Deno.test("logIn() logs in nobody where there is a shell already", async () => {
  let heard = "";
  await withGuest(
    `${TYPED} printf 'archiso login: root (automatic login)\n\nroot@archiso ~ # '
    typed; echo "first: $line"
    typed; eval "\${line##*dmesg -n1; }"
    sleep 9`,
    async (console, transcript) => {
      await logIn(console);
      heard = transcript();
    },
  );
  const [, first] = /^(?:.*# )?first: (.*)/m.exec(heard)!;
  assertEquals(first!.slice(0, 20), "exec env -i HOME=/ro");
});

Deno.test("mountSeed() hears its mark where a line of the kernel split one", async () => {
  await withGuest(
    `${TYPED} typed; mark=$(eval "\${line##*-w /run/vms/log && }")
    mark=\${mark##*$'\\n'}
    printf '\\n%s[  12.3] noise\\n%s\\n' "\${mark:0:5}" "\${mark:5}"
    printf '\\n%s\\n' "$mark"
    sleep 9`,
    mountSeed,
  );
});
