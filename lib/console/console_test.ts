import { assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../command/failure.ts";
import { retyped } from "./retyped.ts";
import { TYPED, withGuest } from "./fake_guest.ts";

const SOON = { silence: 5000, total: 10_000 };

async function failure(promise: Promise<unknown>): Promise<string> {
  const error = await assertRejects(() => promise, Failure) as Failure;
  return `${error.exit}: ${error.message}`;
}

Deno.test("Console.expect() matches text that came in pieces, around escapes", () =>
  withGuest(
    "printf 'archi'; sleep 0.1; printf '\\033[1mso lo\\033['; sleep 0.1; printf '0mgin: '; sleep 9",
    async (console, transcript) => {
      const [found] = await console.expect("x", /archiso login: $/, SOON);
      assertEquals(found, "archiso login: ");
      assertEquals(transcript(), "archi\x1b[1mso lo\x1b[0mgin: ");
    },
  ));

Deno.test("Console.send() types a line, and what it answers is read", () =>
  withGuest(
    "IFS= read -r -d $'\\r' line; echo \"got <$line>\"; sleep 9",
    async (console) => {
      await console.send(`x${"y".repeat(300)}`);
      const [, line] = await console.expect("x", /got <(.*)>/, SOON);
      assertEquals(line, `x${"y".repeat(300)}`);
    },
  ));

Deno.test("Console.interrupt() types what ends or stops a program, and no line", () =>
  withGuest(
    `IFS= read -r -d $'\\r' line; printf '<%s>' "$line" | od -An -c | tr -s ' '; sleep 9`,
    async (console) => {
      await console.interrupt();
      await console.send("x");
      const said = /< 003 032 025 x >/;
      await console.expect("x", said, SOON);
    },
  ));

Deno.test("Console.expect() uses text up once", () =>
  withGuest("echo one; echo two; echo one; sleep 9", async (console) => {
    await console.expect("x", /two/, SOON);
    await console.expect("x", /one/, SOON);
    const late = console.expect("wait", /one/, { silence: 300, total: 5000 });
    assertEquals(
      await failure(late),
      "timeout: wait: nothing was heard for 0.3 s",
    );
  }));

Deno.test("Console.expect() has a limit also for a guest that never stops talking", () =>
  withGuest("while sleep 0.05; do echo on; done", async (console) => {
    const late = console.expect("wait", /end/, { silence: 300, total: 900 });
    assertEquals(
      await failure(late),
      "timeout: wait: it took longer than 0.9 s",
    );
  }));

Deno.test("Console.expect() counts life elsewhere as life", () =>
  withGuest("sleep 1; echo end; sleep 9", async (console) => {
    let log = 0;
    const alive = () => Promise.resolve(++log);
    await console.expect("wait", /end/, { silence: 400, total: 9000 }, {
      alive,
    });
  }));

Deno.test("Console.expect() takes an answer that comes by another way", () =>
  withGuest("sleep 9", async (console) => {
    const found = () => Promise.resolve(/(\d)/.exec("7") ?? undefined);
    const [, code] = await console.expect("wait", /never/, SOON, { found });
    assertEquals(code, "7");
  }));

Deno.test("Console.expect() says what became of the guest", async () => {
  const cases: [script: string, says: string][] = [
    [
      "echo 'Kernel panic - not syncing: Attempted to kill init!'; sleep 9",
      "failed: boot: the kernel panicked: Kernel panic - not syncing: Attempted to kill init!",
    ],
    [
      "echo 'You are in emergency mode. After'; sleep 9",
      "failed: boot: systemd went into emergency mode: You are in emergency mode",
    ],
    [
      "echo ':: x'; echo 'ERROR; no medium'; sleep 9",
      "failed: boot: the initramfs failed: ERROR; no medium",
    ],
    [
      "printf '[rootfs /]# '; sleep 9",
      "failed: boot: the initramfs failed and opened a shell: [rootfs /]#",
    ],
    ["true", "failed: boot: the VM ended: QEMU is gone"],
  ];
  for (const [script, says] of cases) {
    await withGuest(script, async (console) => {
      const gone = console.expect("boot", /login:/, SOON, { booting: true });
      assertEquals(await failure(gone), says);
    });
  }
});

Deno.test("Console.send() to a guest that is gone is told by expect()", () =>
  withGuest("exec 0<&-; true", async (console) => {
    await console.talk.status;
    await console.send("one");
    await console.send("two");
    const gone = console.expect("x", /never/, SOON);
    assertEquals(await failure(gone), "failed: x: the VM ended: QEMU is gone");
  }));

Deno.test("Console.expect() takes the initramfs's words for text after boot", () =>
  withGuest("echo 'ERROR: in a log'; echo done; sleep 9", async (console) => {
    await console.expect("x", /done/, SOON);
  }));

Deno.test("Console.lastLines() is text", () =>
  withGuest(
    "printf 'a\\r\\n\\033[31mb\\033[0m\\r\\n\\r\\nc\\n'; sleep 9",
    async (console) => {
      await console.expect("x", /c\n/, SOON);
      assertEquals(console.lastLines(2), ["b", "c"]);
    },
  ));

Deno.test("Console.send() leaves nothing of a line that was cut off", () =>
  withGuest(
    `${TYPED} typed; echo "read: $line"; sleep 9`,
    async (console, transcript) => {
      const writer = console.talk.stdin.getWriter();
      await writer.write(new TextEncoder().encode("rm -r"));
      writer.releaseLock();
      await console.send("true");
      await console.expect("cannot test", /read: .*\n/, SOON);
      assertEquals(transcript(), "read: true\n");
    },
  ));

Deno.test("retyped() types a line again that has been lost", () =>
  withGuest(
    `${TYPED} typed; typed; echo "read: $line"; sleep 9`,
    async (console, transcript) => {
      const meanwhile = retyped(console, "echo hello", 200);
      const heard = /read: .*\n/;
      await console.expect("cannot test", heard, SOON, { meanwhile });
      assertEquals(transcript(), "read: echo hello\n");
    },
  ));
