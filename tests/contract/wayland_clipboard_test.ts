/** The clipboard of a real Wayland session, as the one of this host. */

import { assertEquals, assertRejects } from "@std/assert";
import { offerHere, offerOnHost, readHost } from "../../lib/clipboard/host.ts";
import { Failure } from "../../lib/command/failure.ts";
import { realRun } from "../../lib/process/run.ts";

const LIMIT = 4 * 2 ** 20;
const TEXT = { kind: "text", selection: "clipboard" } as const;
const PICTURE = { kind: "image", selection: "primary" } as const;

// Its own commands, as they stand here.
const BIN = new URL("../../bin", import.meta.url).pathname;
Deno.env.set("PATH", `${BIN}:${Deno.env.get("PATH")}`);

const run = realRun({ trace: false, dryRun: false, log: () => {} });
const bytes = (text: string) => new TextEncoder().encode(text);
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** No screen, no graphics card and no keyboard. */
const HEADLESS = {
  WLR_BACKENDS: "headless",
  WLR_RENDERER: "pixman",
  WLR_LIBINPUT_NO_DEVICES: "1",
};

/** sway does not run as root. */
const NOBODY = 65534;

function startSway(folder: string): Deno.ChildProcess {
  const sway = ["sway", "-c", "/dev/null"];
  const user = ["--reuid", `${NOBODY}`, "--regid", `${NOBODY}`];
  const argv = Deno.uid() === 0
    ? ["setpriv", ...user, "--clear-groups", ...sway]
    : sway;
  return new Deno.Command(argv[0]!, {
    args: argv.slice(1),
    clearEnv: true,
    env: {
      PATH: Deno.env.get("PATH")!,
      XDG_RUNTIME_DIR: folder,
      ...HEADLESS,
    },
    stdout: "null",
    stderr: "null",
  }).spawn();
}

/** The name of its socket, once it is there. */
async function socketIn(folder: string): Promise<string> {
  for (let i = 0; i < 500; i++) {
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
    const found = names.find((name) => /^wayland-\d+$/.test(name));
    if (found) return found;
    await pause(20);
  }
  throw new Error("sway makes no socket");
}

async function withWayland(work: () => Promise<void>) {
  const folder = await Deno.makeTempDir({ dir: "/tmp" });
  if (Deno.uid() === 0) await Deno.chown(folder, NOBODY, NOBODY);
  const before = Deno.env.get("XDG_RUNTIME_DIR");
  const sway = startSway(folder);
  try {
    Deno.env.set("WAYLAND_DISPLAY", await socketIn(folder));
    Deno.env.set("XDG_RUNTIME_DIR", folder);
    await work();
  } finally {
    Deno.env.delete("WAYLAND_DISPLAY");
    if (before === undefined) Deno.env.delete("XDG_RUNTIME_DIR");
    else Deno.env.set("XDG_RUNTIME_DIR", before);
    // While it starts it would forget a SIGTERM.
    sway.kill("SIGKILL");
    await sway.status;
    await Deno.remove(folder, { recursive: true });
  }
}

type Wanted = typeof TEXT | typeof PICTURE;

const read = (wanted: Wanted) => readHost(run, { ...wanted, limit: LIMIT });

async function isEmpty(wanted: Wanted) {
  const error = await assertRejects(() => read(wanted), Failure);
  assertEquals(error.exit, "conflict");
  const what = wanted.kind === "text" ? "text" : "picture";
  assertEquals(error.why, `there is no ${what} in its clipboard`);
}

/** Somebody copies in another program. */
async function copied(content: Uint8Array, type: string, ...more: string[]) {
  const child = new Deno.Command("wl-copy", {
    args: ["--type", type, ...more],
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(content);
  await writer.close();
  assertEquals((await child.status).code, 0);
}

Deno.test("readHost() on Wayland takes what another program copied, byte for byte", () =>
  withWayland(async () => {
    await isEmpty(TEXT);
    await isEmpty(PICTURE);
    const text = bytes("ä \u{1f600}\nlast line without its end");
    await copied(text, "text/plain;charset=utf-8");
    assertEquals(await read(TEXT), text);
    const picture = crypto.getRandomValues(new Uint8Array(65536));
    await copied(picture, "image/png", "--primary");
    assertEquals(await read(PICTURE), picture);
    // What is there is no text.
    await copied(picture, "image/png");
    await isEmpty(TEXT);
  }));

Deno.test("readHost() on Wayland stops behind the limit", () =>
  withWayland(async () => {
    await copied(new Uint8Array(300_000).fill(0x61), "text/plain");
    const { length } = await readHost(run, {
      kind: "text",
      selection: "clipboard",
      limit: 1000,
    });
    assertEquals(length, 1001);
  }));

Deno.test("offerOnHost() on Wayland: one paste, and it is gone", () =>
  withWayland(async () => {
    const text = bytes("from a VM\n");
    await offerOnHost(run, { ...TEXT, content: text, seconds: 60 });
    assertEquals(await read(TEXT), text);
    await pause(500);
    await isEmpty(TEXT);
    // More than a pipe takes at once.
    const part = crypto.getRandomValues(new Uint8Array(65536));
    const large = new Uint8Array(LIMIT).map((_, i) => part[i % 65536]!);
    await offerOnHost(run, { ...PICTURE, content: large, seconds: 60 });
    await isEmpty(TEXT);
    assertEquals(await read(PICTURE), large);
    await pause(500);
    await isEmpty(PICTURE);
  }));

Deno.test("offerHere() on Wayland takes back what is not pasted in time", () =>
  withWayland(async () => {
    for (const wanted of [TEXT, PICTURE]) {
      let offered = 0;
      const content = bytes("not pasted");
      await offerHere(run, { ...wanted, content, seconds: 1 }, () => {
        offered++;
      });
      assertEquals(offered, 1);
      await isEmpty(wanted);
    }
  }));

Deno.test("offerHere() on Wayland ends with the paste, and leaves what was copied later", () =>
  withWayland(async () => {
    const content = bytes("first");
    let pasted: Promise<Uint8Array> = Promise.resolve(new Uint8Array());
    await offerHere(run, { ...TEXT, content, seconds: 3600 }, () => {
      pasted = read(TEXT);
    });
    assertEquals(await pasted, content);
    const offer = { ...TEXT, content, seconds: 2 };
    const second = bytes("second");
    let later = Promise.resolve();
    await offerHere(run, offer, () => {
      later = copied(second, "text/plain;charset=utf-8");
    });
    await later;
    // Until the time of the first is over.
    await pause(2500);
    assertEquals(await read(TEXT), second);
  }));

Deno.test("offerOnHost() on Wayland says why it cannot", () =>
  withWayland(async () => {
    Deno.env.set("WAYLAND_DISPLAY", "wayland-93");
    const error = await assertRejects(
      () => offerOnHost(run, { ...TEXT, content: bytes("x"), seconds: 60 }),
      Failure,
    );
    assertEquals(
      error.message,
      "cannot paste into this host: Failed to connect to a Wayland server",
    );
  }));
