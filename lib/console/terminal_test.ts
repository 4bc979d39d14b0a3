import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { join } from "@std/path/posix/join";
import { Failure } from "../command/failure.ts";
import { refuseWithoutTerminal } from "./terminal.ts";

const at = (path: string) =>
  JSON.stringify(new URL(path, import.meta.url).href);

/** A command that opens a console, as a program of its own. */
const PROGRAM = `
const { command } = await import(${at("../command/declaration.ts")});
const { main } = await import(${at("../command/main.ts")});
const { Virsh } = await import(${at("../libvirt/virsh.ts")});
const { openConsole } = await import(${at("terminal.ts")});
await main(command({
  name: "vms-probe",
  summary: "opens a console",
  needs: {},
  examples: [],
  options: { raw: { help: "as it is" } },
  async run(_, { raw }, context) {
    context.out.text("command " + Deno.pid);
    const virsh = new Virsh(context.run, "test:///default");
    await openConsole(context, virsh, "web", { raw });
  },
}));
`;

/** In virsh's place: a raw terminal, and a guest that echoes a key. */
const VIRSH = `#!/bin/sh
printf 'virsh %s\\r\\n' "$$"
stty raw -echo
printf 'a\\033]0;evil\\007b\\033[1mc\\r\\n'
key=$(dd bs=1 count=1 2>/dev/null)
printf 'key %s\\r\\n' "$key"
[ "$key" != q ] || exit 0
exec sleep 60
`;

interface Seen {
  text: string;
  /** Of the terminal, before and after. */
  settings: [string, string];
}

/** Open a console in a terminal; `meanwhile` ends it. */
async function opened(
  words: string[],
  meanwhile: (
    seen: (pattern: RegExp) => Promise<RegExpMatchArray>,
    type: (keys: string) => Promise<void>,
  ) => Promise<void>,
): Promise<Seen> {
  const directory = await Deno.makeTempDir();
  const virsh = join(directory, "virsh");
  await Deno.writeTextFile(virsh, VIRSH, { mode: 0o755 });
  const program = join(directory, "program.ts");
  await Deno.writeTextFile(program, PROGRAM);
  const line = `stty -g; "$DENO" run --quiet --no-lock -A ` +
    `--config="$CONFIG" "$PROGRAM" ${words.join(" ")}; echo left $?; stty -g`;
  const child = new Deno.Command("script", {
    args: ["-qefc", line, "/dev/null"],
    env: {
      PATH: `${directory}:${Deno.env.get("PATH")}`,
      DENO: Deno.execPath(),
      CONFIG: new URL("../../deno.json", import.meta.url).pathname,
      PROGRAM: program,
      SHELL: "/bin/sh",
    },
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const keys = child.stdin.getWriter();
  let text = "";
  const reading = (async () => {
    for await (
      const piece of child.stdout.pipeThrough(new TextDecoderStream())
    ) {
      text += piece;
    }
  })();
  const seen = async (pattern: RegExp) => {
    for (;;) {
      const match = pattern.exec(text);
      if (match) return match;
      await Promise.race([
        reading.then(() => assertMatch(text, pattern)),
        tick(),
      ]);
    }
  };
  try {
    await meanwhile(
      seen,
      (typed) => keys.write(new TextEncoder().encode(typed)),
    );
    await reading;
  } finally {
    await keys.close().catch(() => {});
    await child.status;
    await Deno.remove(directory, { recursive: true });
  }
  const settings = text.match(/^[0-9a-f]+(?::[0-9a-f]+){10,}/gm)!;
  return { text, settings: [settings[0]!, settings.at(-1)!] };
}

const tick = () => new Promise((done) => setTimeout(done, 20));

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

Deno.test("openConsole() shows what draws, hands keys on, and ends with virsh", async () => {
  const { text, settings } = await opened([], async (seen, type) => {
    await seen(/c\r\n/);
    await type("q");
  });
  assertStringIncludes(text, "ab\x1b[1mc\r\n");
  assertStringIncludes(text, "key q\r\n");
  assert(!text.includes("evil"), text);
  assertMatch(text, /left 0/);
  assertEquals(settings[0], settings[1]);
});

Deno.test("openConsole() shows all of it where that is asked for", async () => {
  const { text } = await opened(["--raw"], async (seen, type) => {
    await seen(/c\r\n/);
    await type("q");
  });
  assertStringIncludes(text, "a\x1b]0;evil\x07b");
});

for (const [signal, code] of [["SIGTERM", 143], ["SIGHUP", 129]] as const) {
  Deno.test(`openConsole() gives the terminal back on ${signal}, and ends virsh`, async () => {
    let virsh = 0;
    const { text, settings } = await opened([], async (seen, type) => {
      const [, own] = await seen(/command (\d+)/);
      virsh = Number((await seen(/virsh (\d+)\r/))[1]);
      await type("x");
      await seen(/key x/);
      Deno.kill(Number(own), signal);
    });
    assertMatch(text, new RegExp(`left ${code}`));
    assertEquals(settings[0], settings[1]);
    assertEquals(isAlive(virsh), false);
  });
}

Deno.test("refuseWithoutTerminal() says what cannot be done without one", () => {
  refuseWithoutTerminal("cannot talk", true);
  const refuse = () => refuseWithoutTerminal("cannot talk", false);
  const { exit, message } = assertThrows(refuse, Failure);
  assertEquals(exit, "host");
  assertEquals(message, "cannot talk: standard input is no terminal");
});
