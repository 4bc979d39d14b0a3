import { assertEquals, assertMatch } from "@std/assert";
import { inFolder } from "../../tests/tree_world.ts";
import type { Transfer } from "./transfer.ts";
import { startTransfer } from "./transfer_program.ts";
import { LONGEST_PAYLOAD } from "./frame.ts";
import { send } from "./tree_send.ts";

const me = { uid: Deno.uid()!, gid: Deno.gid()!, groups: [] };
const asRoot = { ignore: me.uid !== 0 };

/** A copy by this process, and what it says. */
function start(path: string, transfer: Partial<Transfer>) {
  const mine = { words: [], allowed: ["/"], user: me, home: path };
  const all = { ...mine, ...transfer };
  let said = "";
  let bytes = 0;
  let held = Promise.resolve();
  const program = startTransfer(
    { verb: "receive", ...all },
    (stream, part) => {
      if (stream === "stdout") bytes += part.length;
      else said += new TextDecoder().decode(part);
      return held;
    },
  );
  return {
    program,
    said: () => JSON.parse(said),
    sent: () => bytes,
    /** Until it is called nobody takes what is sent. */
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return resolve;
    },
  };
}

/** A copy of 3 MB in the middle: it goes on when `take` is called. */
async function sendingBig(path: string, user: Transfer["user"]) {
  await Deno.writeFile(`${path}/big`, new Uint8Array(3_000_000));
  const copy = start(path, { verb: "send", words: ["big"], user });
  const take = copy.hold();
  await eventually(() => copy.sent() > 0);
  return { copy, take };
}

async function eventually(holds: () => boolean) {
  for (let i = 0; i < 500 && !holds(); i++) {
    await new Promise((done) => setTimeout(done, 10));
  }
}

async function pour(
  from: string,
  { program }: ReturnType<typeof start>,
) {
  for (const bytes of send([from])) await program.input(bytes);
  await program.endInput();
  return await program.exit;
}

Deno.test("startTransfer() takes a copy in where its user is at home", async () => {
  await inFolder(async (path) => {
    await Deno.mkdir(`${path}/home`);
    await Deno.writeTextFile(`${path}/new`, "new");
    const before = Deno.cwd();
    const copy = start(`${path}/home`, { words: ["--", ".", "new"] });
    assertEquals(await pour(`${path}/new`, copy), {
      exit_code: 0,
      signal: null,
    });
    assertEquals(copy.said().paths, [`${path}/home/new`]);
    assertEquals(await Deno.readTextFile(`${path}/home/new`), "new");
    assertEquals(Deno.cwd(), before);
  });
});

Deno.test(
  "startTransfer() does what its user may, and leaves the rest root",
  asRoot,
  async () => {
    await inFolder(async (path) => {
      const user = { uid: 4242, gid: 4243, groups: [4243, 4244] };
      await Deno.chmod(path, 0o755);
      for (
        const [name, gid, mode] of [["his", 4244, 0o770], [
          "roots",
          0,
          0o755,
        ]] as const
      ) {
        await Deno.mkdir(`${path}/${name}`);
        await Deno.chown(`${path}/${name}`, 0, gid);
        await Deno.chmod(`${path}/${name}`, mode);
      }
      await Deno.writeTextFile(`${path}/new`, "new");
      const into = async (name: string) => {
        const words = ["--", name, "new"];
        const copy = start(path, { words, user });
        const { exit_code } = await pour(`${path}/new`, copy);
        return [exit_code, copy.said().error];
      };
      assertEquals(await into("his"), [0, undefined]);
      const { uid, gid } = await Deno.stat(`${path}/his/new`);
      assertEquals([uid, gid], [4242, 4243]);
      const [code, error] = await into("roots");
      assertEquals(code, 1);
      assertMatch(error, /roots: Permission denied$/);
      assertEquals((await Deno.lstat(`${path}/roots`)).uid, Deno.uid());
      await Deno.writeTextFile(`${path}/roots/mine`, "as before");
    });
  },
);

Deno.test("startTransfer() that is stopped leaves nothing, and says nothing", async () => {
  await inFolder(async (path) => {
    await Deno.mkdir(`${path}/home`);
    await Deno.writeFile(`${path}/new`, new Uint8Array(3_000_000));
    const copy = start(`${path}/home`, { words: ["--", ".", "new"] });
    const stream = send([`${path}/new`]);
    for (let i = 0; i < 4; i++) await copy.program.input(stream.next().value!);
    assertEquals([...Deno.readDirSync(`${path}/home`)].length, 1);
    copy.program.signal(9);
    assertEquals(await copy.program.exit, {
      exit_code: 137,
      signal: "SIGKILL",
    });
    assertEquals([...Deno.readDirSync(`${path}/home`)], []);
    // Whoever hands on more is not kept waiting.
    await copy.program.input(stream.next().value!);
    await copy.program.endInput();
  });
});

Deno.test("startTransfer() sends, and waits for who takes it", async () => {
  await inFolder(async (path) => {
    const { copy, take } = await sendingBig(path, me);
    await new Promise((done) => setTimeout(done, 100));
    assertEquals(copy.sent() <= LONGEST_PAYLOAD, true);
    take();
    assertEquals((await copy.program.exit).exit_code, 0);
    assertEquals(copy.said(), { skipped: [] });
    assertEquals(copy.sent() > 3_000_000, true);
  });
});

Deno.test("startTransfer() sends many small files in few pieces", async () => {
  await inFolder(async (path) => {
    await Deno.mkdir(`${path}/many`);
    for (let i = 0; i < 500; i++) {
      await Deno.writeTextFile(`${path}/many/${i}`, `${i}`);
    }
    let pieces = 0;
    const program = startTransfer(
      { verb: "send", words: ["many"], allowed: ["/"], user: me, home: path },
      (stream) => {
        if (stream === "stdout") pieces++;
        return Promise.resolve();
      },
    );
    assertEquals((await program.exit).exit_code, 0);
    assertEquals(pieces, 1);
  });
});

Deno.test("startTransfer() that is stopped sends no more", async () => {
  await inFolder(async (path) => {
    const { copy, take } = await sendingBig(path, me);
    copy.program.signal(15);
    take();
    assertEquals((await copy.program.exit).signal, "SIGKILL");
    assertEquals(copy.sent() < 1_000_000, true);
  });
});

Deno.test("startTransfer() is its user for files alone", asRoot, async () => {
  await inFolder(async (path) => {
    await Deno.chmod(path, 0o755);
    const user = { uid: 4242, gid: 4243, groups: [4243] };
    const { copy, take } = await sendingBig(path, user);
    // By its real and its saved user a thread is signalled: kill(2).
    const threads = [...Deno.readDirSync("/proc/self/task")].map(({ name }) =>
      Deno.readTextFileSync(`/proc/self/task/${name}/status`)
        .match(/^Uid:\s*(.*)$/m)![1]!
    );
    assertEquals([...new Set(threads)].sort(), [
      "0\t0\t0\t0",
      "0\t4242\t0\t4242",
    ]);
    take();
    assertEquals((await copy.program.exit).exit_code, 0);
  });
});

Deno.test("startTransfer() says that a home is not there", async () => {
  const copy = start("/nonexistent", { verb: "send", words: ["x"] });
  assertEquals((await copy.program.exit).exit_code, 1);
  assertMatch(copy.said().error, /cannot enter \/nonexistent: No such file/);
});
