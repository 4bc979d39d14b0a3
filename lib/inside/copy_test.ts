/** Between guests that are agents on this host. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { TreeError } from "../../guest/agent/tree.ts";
import { type LocalAgent, localAgent } from "../../tests/local_agent.ts";
import { fakeContext } from "../command/fake_context.ts";
import { Failure } from "../command/failure.ts";
import { silent } from "../command/progress.ts";
import { fakeRun } from "../process/fake_run.ts";
import { takeAllBack } from "../undo/undo.ts";
import { bringOut, relay } from "./copy.ts";

const MIB = 2 ** 20;

interface Relaying {
  /** Called for each piece that goes through, with how far it is. */
  passed?: (says: string) => void;
  /** What the sending guest sends instead. */
  instead?: string;
  force?: boolean;
}

/** Copies as root. */
async function relayed(
  from: string,
  to: string,
  { passed = () => {}, instead, force = false }: Relaying = {},
) {
  await using a = await localAgent("a");
  await using b = await localAgent("b");
  if (instead) lies(a, instead);
  const context = fakeContext(fakeRun([]), {
    progress: { ...silent, note: passed },
  });
  const words = {
    from: { vm: "a", paths: [from], text: `a:${from}` },
    to: { vm: "b", paths: [to], text: `b:${to}` },
  };
  const options = { force, root: true };
  return await relay(a.session, b.session, { context, words, options });
}

/** A guest that sends this, whatever it is asked for. */
function lies({ session }: LocalAgent, path: string) {
  const call = session.call.bind(session);
  session.call = (method, params, seconds) => {
    const other = { ...params, arguments: ["send", path] };
    return call(method, method === "transfer_start" ? other : params, seconds);
  };
}

/** To this host, of a guest that sends `instead`. */
async function broughtOut(
  from: string,
  directory: string,
  { instead, force = false }: Relaying,
) {
  await using agent = await localAgent("a");
  if (instead) lies(agent, instead);
  const words = {
    from: { vm: "a", paths: [from], text: `a:${from}` },
    to: { paths: [directory], text: directory },
  };
  const options = { force, root: true };
  const context = fakeContext(fakeRun([]));
  const order = { context, words, options };
  return await bringOut(agent.session, { directory }, order);
}

async function names(path: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name);
}

async function inFolder(work: (path: string) => Promise<void>) {
  const path = await Deno.makeTempDir();
  try {
    await work(path);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

Deno.test("bringOut() from a guest that goes away says so, and leaves nothing", () =>
  inFolder(async (path) => {
    await Deno.writeTextFile(`${path}/big`, "");
    await Deno.truncate(`${path}/big`, 8192 * MIB);
    await Deno.mkdir(`${path}/to`);
    await using agent = await localAgent("a");
    const context = fakeContext(fakeRun([]));
    const words = {
      from: { vm: "a", paths: [`${path}/big`], text: "a:big" },
      to: { paths: [`${path}/to`], text: "to" },
    };
    const options = { force: false, root: true };
    const target = { directory: await Deno.realPath(`${path}/to`) };
    const copying = bringOut(agent.session, target, {
      context,
      words,
      options,
    });
    copying.catch(() => {});
    for (
      let i = 0;
      i < 500 && (await names(target.directory)).length < 1;
      i++
    ) {
      await new Promise((done) => setTimeout(done, 20));
    }
    agent.child.kill("SIGKILL");
    const error = await assertRejects(() => copying, Failure);
    assertEquals(
      error.message,
      'cannot talk to the agent of "a": the VM has ended',
    );
    assertEquals(await names(`${path}/to`), []);
  }));

Deno.test("bringOut() leaves nothing where somebody ends the command", () =>
  inFolder(async (path) => {
    await Deno.writeTextFile(`${path}/big`, "");
    await Deno.truncate(`${path}/big`, 8192 * MIB);
    await Deno.mkdir(`${path}/to`);
    const seen: string[][] = [];
    let once = false;
    const interrupted = async () => {
      if (once) return;
      once = true;
      seen.push(await names(`${path}/to`));
      await takeAllBack();
      seen.push(await names(`${path}/to`));
      // What main.ts would do now.
      agent.child.kill("SIGKILL");
    };
    await using agent = await localAgent("a");
    const context = fakeContext(fakeRun([]), {
      progress: { ...silent, note: () => void interrupted() },
    });
    const words = {
      from: { vm: "a", paths: [`${path}/big`], text: "a:big" },
      to: { paths: [`${path}/to`], text: "to" },
    };
    const options = { force: false, root: true };
    const target = { directory: await Deno.realPath(`${path}/to`) };
    const order = { context, words, options };
    await assertRejects(() => bringOut(agent.session, target, order));
    const [before, after] = seen;
    assertEquals([before!.length, after], [1, []]);
    assertEquals(await names(`${path}/to`), []);
  }));

Deno.test("relay() brings a folder from one VM to another", () =>
  inFolder(async (path) => {
    await Deno.mkdir(`${path}/from/deep`, { recursive: true });
    await Deno.mkdir(`${path}/to`);
    const content = crypto.getRandomValues(new Uint8Array(60_000));
    await Deno.writeFile(`${path}/from/deep/file`, content, { mode: 0o750 });
    const paths = await relayed(`${path}/from`, `${path}/to`);
    assertEquals(paths, [`b:${path}/to/from`]);
    const copied = `${path}/to/from/deep/file`;
    assertEquals(await Deno.readFile(copied), content);
    assertEquals((await Deno.stat(copied)).mode! & 0o777, 0o750);
  }));

Deno.test("relay() shows how far it is, and never more than all", () =>
  inFolder(async (path) => {
    await Deno.writeTextFile(`${path}/small`, "0123456789");
    await Deno.writeFile(`${path}/big`, new Uint8Array(2 * MIB));
    await Deno.mkdir(`${path}/to`);
    const shown: string[] = [];
    const passed = (says: string) => void shown.push(says);
    await relayed(`${path}/small`, `${path}/to`, { passed });
    // The stream is longer than the file.
    assertEquals(new Set(shown.splice(0)), new Set(["10 B of 10 B"]));
    await relayed(`${path}/big`, `${path}/to`, { passed });
    assertEquals(shown.at(-1), "2.0 MiB of 2.0 MiB");
    assert(shown.length > 2);
    assert(shown.every((says) => / of 2\.0 MiB$/.test(says)), shown.join());
  }));

Deno.test("relay() stops reading where the target refuses", () =>
  inFolder(async (path) => {
    await Deno.writeTextFile(`${path}/big`, "");
    await Deno.truncate(`${path}/big`, 512 * MIB);
    await Deno.mkdir(`${path}/to`);
    await Deno.writeTextFile(`${path}/to/big`, "mine");
    let pieces = 0;
    const error = await assertRejects(
      () =>
        relayed(`${path}/big`, `${path}/to`, { passed: () => void pieces++ }),
      TreeError,
    );
    assertEquals(error.kind, "exists");
    // At most 256 KiB each.
    assert(pieces < 512, `${pieces} pieces were passed on`);
    assertEquals(await Deno.readTextFile(`${path}/to/big`), "mine");
  }));

Deno.test("relay() says what the sending VM says of its end", () =>
  inFolder(async (path) => {
    const error = await assertRejects(
      () => relayed(`${path}/none`, path),
      TreeError,
    );
    assertEquals(error.kind, "missing");
  }));

/** A home with a file of its own, and a guest that would replace it. */
async function inHome(work: (home: string, evil: string) => Promise<void>) {
  await inFolder(async (path) => {
    const home = await Deno.realPath(path) + "/home";
    await Deno.mkdir(home);
    await Deno.mkdir(`${path}/guest`);
    await Deno.writeTextFile(`${home}/.bashrc`, "mine");
    await Deno.writeTextFile(`${path}/guest/.bashrc`, "evil");
    await work(home, `${path}/guest/.bashrc`);
    assertEquals(await names(home), [".bashrc"]);
    assertEquals(await Deno.readTextFile(`${home}/.bashrc`), "mine");
  });
}

const ends: [name: string, copy: typeof relayed | typeof broughtOut][] = [
  ["relay", relayed],
  ["bringOut", broughtOut],
];
for (const [name, copy] of ends) {
  for (const force of [false, true]) {
    Deno.test(`${name}(${force ? "force" : ""}) takes no name that was not asked for`, () =>
      inHome(async (home, instead) => {
        const error = await assertRejects(
          () => copy("notes.pdf", home, { instead, force }),
          TreeError,
        );
        assertEquals(
          [error.kind, error.message],
          ["lie", '".bashrc" is sent, which was not asked for'],
        );
      }));
  }

  Deno.test(`${name}() into a folder wants a name that is known`, () =>
    inHome(async (home, evil) => {
      const from = evil.replace(/[^/]+$/, ".");
      const error = await assertRejects(
        () => copy(from, home, { force: true }),
        TreeError,
      );
      assertEquals(error.kind, "unnamed");
    }));
}

Deno.test("relay() takes what only the sender can name under a new name", () =>
  inFolder(async (path) => {
    await Deno.mkdir(`${path}/from`);
    await Deno.writeTextFile(`${path}/from/x`, "x");
    const paths = await relayed(`${path}/from/.`, `${path}/new`);
    assertEquals(paths, [`b:${path}/new`]);
    assertEquals(await names(`${path}/new`), ["x"]);
  }));

Deno.test("relay() asks for no more paths than one message can name", () =>
  inFolder(async (path) => {
    await using agent = await localAgent("a");
    const paths = Array.from({ length: 7000 }, (_, at) => `file-${at}`);
    const words = {
      from: { vm: "a", paths, text: "many" },
      to: { vm: "a", paths: [path], text: path },
    };
    const context = fakeContext(fakeRun([]));
    const order = { context, words, options: { force: false, root: true } };
    const error = await assertRejects(
      () => relay(agent.session, agent.session, order),
      TreeError,
      "too many paths at once",
    );
    assertEquals(error.kind, "failed");
  }));
