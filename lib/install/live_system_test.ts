import { assertEquals } from "@std/assert";
import { Console } from "../console/console.ts";
import { realRun } from "../process/run.ts";
import { logIn, mountSeed } from "./live_system.ts";

/** A console at which a shell script sits in the place of the guest. */
async function withGuest(
  script: string,
  work: (console: Console) => Promise<void>,
): Promise<string> {
  const run = realRun({ trace: false, dryRun: false, log: () => {} });
  let heard = "";
  const decoder = new TextDecoder();
  const console = new Console(run.talk(["bash", "-c", script]), {
    write(bytes) {
      heard += decoder.decode(bytes);
      return Promise.resolve(bytes.length);
    },
  });
  try {
    await work(console);
  } finally {
    await console.close();
  }
  return heard;
}

const TYPED = "typed() { IFS= read -r -d $'\\r' line; };";

Deno.test("logIn() takes a prompt that a line of the kernel stands behind", async () => {
  const heard = await withGuest(
    `${TYPED} printf 'archiso login: [  12.3] noise\\n'
    typed; echo "user: $line"
    typed; echo "shell: $line"
    typed; eval "\${line##*dmesg -n1; }"
    sleep 9`,
    (console) => logIn(console),
  );
  const lines = heard.split("\n").filter((line) => /^(user|shell):/.test(line));
  assertEquals(lines.map((line) => line.slice(0, 20)), [
    "user: root",
    "shell: exec env -i H",
  ]);
});

Deno.test("mountSeed() hears its mark where a line of the kernel split one", async () => {
  await withGuest(
    `${TYPED} typed; typed; mark=$(eval "\${line##*-w /run/vms/log && }")
    mark=\${mark##*$'\\n'}
    printf '\\n%s[  12.3] noise\\n%s\\n' "\${mark:0:5}" "\${mark:5}"
    printf '\\n%s\\n' "$mark"
    sleep 9`,
    mountSeed,
  );
});
