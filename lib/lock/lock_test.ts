import { assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../command/failure.ts";
import { runtimeDirectory } from "../config/places.ts";
import { lock, lockAll, tryLock, waitForLock } from "./lock.ts";

const MODULE = new URL("lock.ts", import.meta.url).href;

/** A name nobody else uses; its file is removed afterwards. */
async function withName(work: (name: string) => Promise<void>) {
  const name = `test-${crypto.randomUUID()}`;
  try {
    await work(name);
  } finally {
    const directory = `${await runtimeDirectory()}/lock`;
    for await (const { name: file } of Deno.readDir(directory)) {
      if (file.includes(name)) await Deno.remove(`${directory}/${file}`);
    }
  }
}

/** Another process that holds the lock until it is ended. */
async function holder(name: string): Promise<Deno.ChildProcess> {
  const source = `const { lock } = await import(${JSON.stringify(MODULE)});
    await lock("vm", ${JSON.stringify(name)});
    console.log("held");
    setTimeout(() => {}, 60000);`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", "--no-lock", source],
    stdout: "piped",
    cwd: new URL("../../", import.meta.url),
  }).spawn();
  const reader = child.stdout.getReader();
  assertEquals(new TextDecoder().decode((await reader.read()).value), "held\n");
  await reader.cancel();
  return child;
}

async function end(child: Deno.ChildProcess) {
  child.kill("SIGKILL");
  await child.status;
}

Deno.test("lock() refuses what another process holds, till it is killed", async () => {
  await withName(async (name) => {
    const child = await holder(name);
    try {
      const failure = await assertRejects(() => lock("vm", name), Failure);
      assertEquals(failure.exit, "conflict");
      assertEquals(
        failure.message,
        `cannot change "${name}": another command is changing it`,
      );
      assertEquals(await tryLock("vm", name), undefined);
      (await lock("template", name))[Symbol.dispose]();
    } finally {
      await end(child);
    }
    (await lock("vm", name))[Symbol.dispose]();
  });
});

Deno.test("lock() is free again once it is disposed of", async () => {
  await withName(async (name) => {
    {
      using _held = await lock("vm", name);
      assertEquals(await tryLock("vm", name), undefined);
    }
    using again = await tryLock("vm", name);
    assertEquals(again === undefined, false);
  });
});

Deno.test("waitForLock() says so once and takes it when it comes free", async () => {
  await withName(async (name) => {
    const child = await holder(name);
    let said = 0;
    const waiting = waitForLock("vm", name, () => void said++);
    await new Promise((resolve) => setTimeout(resolve, 100));
    assertEquals(said, 1);
    await end(child);
    (await waiting)[Symbol.dispose]();
    (await waitForLock("vm", name, () => void said++))[Symbol.dispose]();
    assertEquals(said, 1);
  });
});

Deno.test("lockAll() holds all of them, or none", async () => {
  await withName(async (name) => {
    const [a, b] = [`${name}-a`, `${name}-b`];
    {
      using _both = await lockAll("vm", [b, a]);
      assertEquals(await tryLock("vm", a), undefined);
      assertEquals(await tryLock("vm", b), undefined);
    }
    using _held = await lock("vm", b);
    await assertRejects(() => lockAll("vm", [b, a]), Failure);
    using free = await tryLock("vm", a);
    assertEquals(free === undefined, false);
  });
});

Deno.test("lockAll() takes a name that is given twice once", async () => {
  await withName(async (name) => {
    using _held = await lockAll("vm", [name, name]);
  });
});

Deno.test("a lock leaves no file, and excludes also who waited for one that went", () =>
  withName(async (name) => {
    let inside = 0;
    let most = 0;
    await Promise.all(Array.from({ length: 8 }, async () => {
      for (let i = 0; i < 25; i++) {
        using _held = await lock("vm", name, { wait: true });
        most = Math.max(most, ++inside);
        await new Promise((done) => setTimeout(done));
        inside--;
      }
    }));
    assertEquals(most, 1);
    const path = `${await runtimeDirectory()}/lock/vm-${name}`;
    await assertRejects(() => Deno.lstat(path), Deno.errors.NotFound);
  }));
