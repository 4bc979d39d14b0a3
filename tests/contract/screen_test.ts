/** What a command with a screen leaves of a real terminal: script(1) gives one. */

import { assertEquals, assertMatch } from "@std/assert";

const ROOT = new URL("../../", import.meta.url).pathname;

/** Run in a terminal, type `keys` after the first picture; all that was shown. */
async function inTerminal(command: string, keys: string): Promise<string> {
  const child = new Deno.Command("script", {
    args: ["--quiet", "--return", "--flush", "-c", command, "/dev/null"],
    env: { LIBVIRT_DEFAULT_URI: "test:///default", SHELL: "/bin/sh" },
    cwd: ROOT,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  const decoder = new TextDecoder();
  let shown = "";
  for await (const bytes of child.stdout) {
    const before = shown;
    shown += decoder.decode(bytes, { stream: true });
    if (!before.includes("q ends") && shown.includes("q ends")) {
      await writer.write(new TextEncoder().encode(keys));
    }
  }
  await writer.close().catch(() => {});
  await child.status;
  return shown;
}

const AFTER = "stty -a | grep -owE -e '-?(echo|icanon)'; echo done";

for (const [key, code] of [["q", 0], ["\x03", 130]] as const) {
  Deno.test(`vms-stats --watch: ${JSON.stringify(key)} ends it and the terminal is as before`, async () => {
    const command =
      `trap : INT; stty cols 100; bin/vms-stats -w; echo code=$?; ${AFTER}`;
    const shown = await inTerminal(command, key);
    assertMatch(
      shown,
      // deno-lint-ignore no-control-regex
      /^\x1b\[\?1049h\x1b\[\?25l\x1b\[H[^\n]*every 1 s; q ends\x1b\[K/,
    );
    const [, after] = shown.split("\x1b[?25h\x1b[?1049l");
    assertEquals(after?.replaceAll("\r", "").split("\n"), [
      `code=${code}`,
      "icanon",
      "echo",
      "done",
      "",
    ]);
  });
}

Deno.test("vms-stats --watch: a terminal of another size is drawn anew", async () => {
  const command = `stty cols 100; bin/vms-stats -w -i 30s & sleep 2; ` +
    `stty cols 20; kill -WINCH $!; sleep 1; kill $!; wait $!; ${AFTER}`;
  const shown = await inTerminal(command, "");
  const pictures = shown.split("\x1b[H").slice(1);
  assertEquals(pictures.length >= 2, true, JSON.stringify(shown));
  assertMatch(pictures.at(-1)!, /^\d\d:\d\d:\d\d, every 30 /);
});

Deno.test("vms-passwords set: nothing that is typed is shown", async () => {
  const child = new Deno.Command("script", {
    args: [
      "--quiet",
      "--return",
      "--flush",
      "-c",
      `deno eval 'import { askSecret } from "${ROOT}lib/command/ask.ts";
        const got = await askSecret("password");
        console.log(JSON.stringify(got) === JSON.stringify("söcret") ? "same" : "other");'; ${AFTER}`,
      "/dev/null",
    ],
    env: { SHELL: "/bin/sh" },
    cwd: ROOT,
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  const decoder = new TextDecoder();
  let shown = "";
  const answers = ["gone\x15söcrex\x7ft\r", "söcröö\x7f\x7fet\r"];
  for await (const bytes of child.stdout) {
    shown += decoder.decode(bytes, { stream: true });
    if (answers.length > 0 && /: $/.test(shown)) {
      await writer.write(new TextEncoder().encode(answers.shift()!));
      shown += " ";
    }
  }
  await writer.close().catch(() => {});
  await child.status;
  assertEquals(shown.replaceAll("\r", "").split("\n").map((l) => l.trim()), [
    "password:",
    "password, again:",
    "same",
    "icanon",
    "echo",
    "done",
    "",
  ]);
});
