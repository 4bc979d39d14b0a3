import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { join } from "@std/path/posix/join";
import { fakeContext } from "../command/fake_context.ts";
import { Failure } from "../command/failure.ts";
import { listed, withLibvirt } from "../libvirt/fake_virsh.ts";
import { lock } from "../lock/lock.ts";
import { fakeRun } from "../process/fake_run.ts";
import {
  type Order,
  rebuildInOrder,
  rebuildOrder,
  refuseFailed,
  underLock,
} from "./rebuild.ts";

const NAMES = ["a-child", "b-parent", "broken", "grandchild"];

const PUBLISHED = listed(
  NAMES.map((name) => ({
    name: `${name}@1`,
    state: "shut off",
    kind: "template",
  })),
);

const RECIPES: Record<string, string> = {
  "a-child": 'parent = "b-parent"',
  "b-parent": "",
  broken: "pakages = []",
  grandchild: 'parent = "a-child"',
};

/** The order of templates that are published, with recipes of the user's own. */
async function orderOf(names: string[], all: boolean): Promise<Order> {
  const home = await Deno.makeTempDir();
  const before = Deno.env.get("XDG_CONFIG_HOME");
  Deno.env.set("XDG_CONFIG_HOME", home);
  try {
    await Deno.mkdir(join(home, "vms/recipes"), { recursive: true });
    for (const [name, text] of Object.entries(RECIPES)) {
      await Deno.writeTextFile(join(home, `vms/recipes/${name}.toml`), text);
    }
    return await withLibvirt(
      [PUBLISHED],
      (libvirt) => rebuildOrder(libvirt, names, all),
    );
  } finally {
    if (before === undefined) Deno.env.delete("XDG_CONFIG_HOME");
    else Deno.env.set("XDG_CONFIG_HOME", before);
    await Deno.remove(home, { recursive: true });
  }
}

Deno.test("rebuildOrder() has parents first, and goes on past a recipe that is wrong", async () => {
  const { due, failed } = await orderOf([], true);
  assertEquals(due, [
    { name: "b-parent", above: [] },
    { name: "a-child", above: ["b-parent"] },
    { name: "grandchild", above: ["b-parent", "a-child"] },
  ]);
  assertEquals([...failed.keys()], ["broken"]);
  assertEquals(/pakages/.test(failed.get("broken")!.message), true);
});

Deno.test("rebuildOrder() of names refuses before anything is built", async () => {
  await assertRejects(() => orderOf(["b-parent", "broken"], false), Failure);
  const { due } = await orderOf(["grandchild", "b-parent"], false);
  assertEquals(due, [
    { name: "b-parent", above: [] },
    { name: "grandchild", above: ["b-parent"] },
  ]);
});

const ORDER: Order = {
  due: [
    { name: "minimal", above: [] },
    { name: "gui", above: ["minimal"] },
    { name: "work", above: ["minimal", "gui"] },
    { name: "server", above: ["minimal"] },
  ],
  failed: new Map([["broken", new Failure("usage", "cannot read it", "no")]]),
};

Deno.test("rebuildInOrder() leaves out what rests on one that failed, and builds the others", async () => {
  const tried: string[] = [];
  // deno-lint-ignore require-await
  const { built, failed } = await rebuildInOrder(ORDER, async (name) => {
    tried.push(name);
    if (name === "gui") throw new Failure("timeout", "cannot install", "slow");
    return `${name}@2`;
  });
  assertEquals(tried, ["minimal", "gui", "server"]);
  assertEquals(built, ["minimal@2", "server@2"]);
  const failure = assertThrows(() => refuseFailed(ORDER, failed), Failure);
  assertEquals(failure.exit, "failed");
  assertEquals(failure.message.split("\n"), [
    "cannot rebuild 3 of 5 templates: ",
    "broken: cannot read it: no",
    "gui: cannot install: slow",
    'work: it rests on "gui", which failed',
  ]);
});

Deno.test("rebuildInOrder() does not hide a defect", async () => {
  await assertRejects(
    () => rebuildInOrder(ORDER, () => Promise.reject(new TypeError("x"))),
    TypeError,
  );
});

Deno.test("refuseFailed() says of a single one what became of it", () => {
  const why = new Failure("conflict", "cannot change it", "it is locked");
  const order = { due: [{ name: "gui", above: [] }], failed: new Map() };
  const thrown = assertThrows(() =>
    refuseFailed(order, new Map([["gui", why]]))
  );
  assertEquals(thrown, why);
  refuseFailed(ORDER, new Map());
});

/** Nobody else's template has it: locks are those of this host. */
const NAME = `test-${crypto.randomUUID().slice(0, 8)}`;

Deno.test("underLock() says that it waits, waits, and in a dry run only says so", async () => {
  using run = fakeRun([]);
  const other = await lock("template", NAME);
  await assertRejects(() => underLock(fakeContext(run), NAME, true), Failure);
  const dry = fakeContext(run, { dryRun: true });
  using _nothing = await underLock(dry, NAME, false);
  assertEquals(dry.said, [
    `another command builds "${NAME}": it would wait for it`,
  ]);
  const context = fakeContext(run);
  const waiting = underLock(context, NAME, false);
  while (context.said.length === 0) {
    await new Promise((done) => setTimeout(done, 5));
  }
  assertEquals(context.said, [
    `another command builds "${NAME}": waiting for it`,
  ]);
  other[Symbol.dispose]();
  using _ours = await waiting;
});
