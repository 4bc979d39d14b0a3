/** Clipboards of real X servers; one stands for a VM's screen, one for the host's. */

import { assertEquals, assertRejects } from "@std/assert";
import type { Kind } from "../../lib/clipboard/content.ts";
import {
  type Guest,
  type GuestRun,
  offerInGuest,
  readGuest,
} from "../../lib/clipboard/guest.ts";
import { offerOnHost, readHost } from "../../lib/clipboard/host.ts";
import { Failure } from "../../lib/command/failure.ts";
import { realRun } from "../../lib/process/run.ts";

const VM = ":91";
const HOST = ":92";
const LIMIT = 4 * 2 ** 20;
const CLIPBOARD = { selection: "clipboard", limit: LIMIT } as const;

// Its own commands, as they stand here.
const BIN = new URL("../../bin", import.meta.url).pathname;
Deno.env.set("PATH", `${BIN}:${Deno.env.get("PATH")}`);

const run = realRun({ trace: false, dryRun: false, log: () => {} });
const bytes = (text: string) => new TextEncoder().encode(text);
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

async function withDisplays(work: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  const servers = [VM, HOST].map((display) =>
    new Deno.Command("Xvfb", {
      // Else it starts anew with each last client, and the next one is lost.
      args: [
        display,
        "-noreset",
        "-screen",
        "0",
        "64x64x24",
        "-nolisten",
        "tcp",
      ],
      stdout: "null",
      stderr: "null",
    }).spawn()
  );
  try {
    for (const display of [VM, HOST]) {
      const socket = `/tmp/.X11-unix/X${display.slice(1)}`;
      for (let i = 0; i < 500; i++) {
        if (await Deno.stat(socket).catch(() => undefined)) break;
        await pause(20);
      }
    }
    Deno.env.delete("WAYLAND_DISPLAY");
    Deno.env.set("DISPLAY", HOST);
    await work(folder);
  } finally {
    for (const server of servers) {
      server.kill();
      await server.status;
    }
    await Deno.remove(folder, { recursive: true });
  }
}

/** A guest whose programs run here; systemd is its own stand-in. */
function guestOf(folder: string, display = VM): Guest {
  const guestRun: GuestRun = async (given, { input, environment }) => {
    const argv = given.map((word) => word.replace("/run/", `${folder}/`));
    if (argv[0] === "systemd-run") return await service(argv);
    const [program, ...args] = argv;
    const child = new Deno.Command(program!, {
      args,
      env: environment,
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    if (input) await writer.write(input);
    await writer.close().catch(() => {});
    // As the agent does it: who owned the clipboard may be gone.
    const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
    const output = await child.output();
    clearTimeout(timer);
    return { ...output, truncated: false };
  };
  return { vm: "web", run: guestRun, display };
}

/** Its input is open before the file is gone, as systemd has it. */
async function service(argv: string[]) {
  const at = (name: string) =>
    argv.find((word) => word.startsWith(name))!.slice(name.length);
  const [program, ...args] = argv.slice(argv.indexOf("--") + 1);
  const child = new Deno.Command(program!, {
    args,
    env: { DISPLAY: at("--setenv=DISPLAY=") },
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const file = await Deno.open(at("--property=StandardInput=file:"));
  void file.readable.pipeTo(child.stdin).catch(() => {});
  child.unref();
  const none = new Uint8Array();
  return { code: 0, stdout: none, stderr: none, truncated: false };
}

async function offer(guest: Guest, kind: Kind, content: Uint8Array) {
  await offerInGuest(guest, {
    kind,
    selection: "clipboard",
    content,
    user: "user",
    seconds: 60,
  });
}

Deno.test("offerInGuest(), readGuest(): every byte comes through, once", () =>
  withDisplays(async (folder) => {
    const guest = guestOf(folder);
    const text = bytes("ä \u{1f600}\nlast line without its end");
    await offer(guest, "text", text);
    assertEquals([...Deno.readDirSync(folder)], []);
    const wanted = { ...CLIPBOARD, kind: "text" } as const;
    assertEquals(await readGuest(guest, wanted), text);
    // The one that is asked while it ends never answers.
    await pause(500);
    const error = await assertRejects(() => readGuest(guest, wanted), Failure);
    assertEquals(
      error.message,
      'cannot copy from "web": there is no text in its clipboard',
    );
  }));

Deno.test("offerInGuest(): a picture is offered as a picture alone", () =>
  withDisplays(async (folder) => {
    const guest = guestOf(folder);
    // More than X hands over at a time.
    const picture = crypto.getRandomValues(new Uint8Array(65536));
    const large = new Uint8Array(LIMIT).map((_, i) => picture[i % 65536]!);
    await offer(guest, "image", large);
    const targets = ["xclip", "-o", "-selection", "clipboard", "-t", "TARGETS"];
    const { stdout } = await guest.run(targets, {
      environment: { DISPLAY: VM },
    });
    assertEquals(new TextDecoder().decode(stdout), "TARGETS\nimage/png\n");
    assertEquals(
      await readGuest(guest, { ...CLIPBOARD, kind: "image" }),
      large,
    );
  }));

Deno.test("offerOnHost(), readHost(): this host's clipboard, once", () =>
  withDisplays(async () => {
    const wanted = { ...CLIPBOARD, kind: "text" } as const;
    const text = bytes("from a VM\n");
    await offerOnHost(run, { ...wanted, content: text, seconds: 60 });
    assertEquals(await readHost(run, wanted), text);
    // The one that is asked while it ends never answers.
    await pause(500);
    const error = await assertRejects(() => readHost(run, wanted), Failure);
    assertEquals(
      error.message,
      "cannot copy from this host: there is no text in its clipboard",
    );
  }));

/** Until nothing is offered any more. */
async function untilGone(selection: "clipboard" | "primary") {
  const argv = ["xclip", "-o", "-selection", selection, "-target", "TARGETS"];
  for (let i = 0; i < 500; i++) {
    const { stdout } = await run(argv, { ok: [0, 1] });
    if (stdout === "") return;
    await pause(50);
  }
  throw new Error(`the ${selection} is still offered`);
}

Deno.test("offerOnHost(): what is not pasted in time is gone", () =>
  withDisplays(async () => {
    const given = { kind: "text", selection: "primary" } as const;
    const content = bytes("not pasted");
    await offerOnHost(run, { ...given, content, seconds: 1 });
    await untilGone("primary");
  }));

Deno.test("offerOnHost() leaves what was copied later", () =>
  withDisplays(async () => {
    const given = { kind: "text", selection: "clipboard" } as const;
    const offered = (text: string, seconds: number) =>
      offerOnHost(run, { ...given, content: bytes(text), seconds });
    await offered("first", 1);
    await offered("second", 60);
    // Until the first has ended: its time is over.
    await pause(1500);
    const read = await readHost(run, { ...given, limit: LIMIT });
    assertEquals(read, bytes("second"));
  }));

Deno.test("offerOnHost() says why it cannot", async () => {
  Deno.env.set("DISPLAY", ":93");
  const given = { kind: "text", selection: "clipboard" } as const;
  const error = await assertRejects(
    () => offerOnHost(run, { ...given, content: bytes("x"), seconds: 60 }),
    Failure,
  );
  assertEquals(
    error.message,
    "cannot paste into this host: Error: Can't open display: :93",
  );
});

Deno.test("readHost() stops behind the limit", () =>
  withDisplays(async () => {
    const given = { kind: "text", selection: "primary" } as const;
    const content = new Uint8Array(300_000).fill(0x61);
    await offerOnHost(run, { ...given, content, seconds: 60 });
    const read = await readHost(run, { ...given, limit: 1000 });
    assertEquals(read.length, 1001);
  }));

Deno.test("readGuest(), offerInGuest(): a VM without a screen", async () => {
  const guest = guestOf("/nowhere", ":93");
  const copying = await assertRejects(
    () => readGuest(guest, { ...CLIPBOARD, kind: "text" }),
    Failure,
  );
  assertEquals(copying.exit, "conflict");
  const why = "nobody is logged in to its screen, or it has none";
  assertEquals(copying.message, `cannot copy from "web": ${why}`);
  await assertRejects(
    () => offer(guest, "text", bytes("x")),
    Failure,
    `cannot paste into "web": ${why}`,
  );
});
