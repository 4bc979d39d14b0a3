import { assertEquals } from "@std/assert";
import { localAgent } from "../../tests/local_agent.ts";
import type { AgentSession } from "../agent/session.ts";
import { fakeContext } from "../command/fake_context.ts";
import {
  domainNamed,
  dumped,
  type Expected,
  listed,
  type Table,
  volumesListed,
  withLibvirt,
} from "../libvirt/fake_virsh.ts";
import { lock } from "../lock/lock.ts";
import type { Fork } from "../warm/fork.ts";
import { remove, runOnce, useInteractively } from "./use.ts";

/** Nobody else's VM has it: locks are those of this host. */
const NAME = `test-${crypto.randomUUID().slice(0, 8)}`;

const OFF: Expected = [`virsh dumpxml -- ${NAME}`, {
  error: "failed to get domain",
}];

const ENDED: Expected[] = [
  [`virsh dumpxml --inactive -- ${NAME}`, { error: "failed to get domain" }],
  [`virsh destroy -- ${NAME}`],
  [`virsh undefine --keep-nvram --managed-save --snapshots-metadata -- ${NAME}`],
  ["virsh pool-refresh -- default"],
  [`virsh vol-delete --pool default -- ${NAME}.qcow2`],
  [`virsh vol-delete --pool default -- ${NAME}.nvram.fd`],
  [`virsh nwfilter-undefine vms-${NAME}`],
];

const VIEWER: Expected = [
  `virt-viewer --connect test:///default --attach -- ${NAME}`,
];

const LATER: Expected = [`vms-dispose --remove-once-off ${NAME}`];
const NOW: Expected = [`vms-dispose --remove-now ${NAME}`];

/** Nobody's: lists show it no more. */
const NOBODYS: Expected[] = [
  [
    `virsh metadata ${NAME} urn:vms:domain:1 --live --key vms --set <vm kind="build" once="yes"/>`,
  ],
  [`virsh desc --live --title ${NAME} build`],
];

/** In a session with a display, and without a pool. */
async function onDisplay<T>(work: () => Promise<T>): Promise<T> {
  const home = await Deno.makeTempDir();
  const given = { DISPLAY: ":7", XDG_CONFIG_HOME: home };
  const before = Object.keys(given).map((name) =>
    [name, Deno.env.get(name)] as const
  );
  for (const [name, value] of Object.entries(given)) Deno.env.set(name, value);
  try {
    return await work();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
    await Deno.remove(home);
  }
}

async function watched(table: Table) {
  const graphical = true;
  await onDisplay(() =>
    withLibvirt(table, (libvirt) => {
      const context = fakeContext(libvirt.virsh.run);
      return useInteractively(libvirt, context, { name: NAME, graphical });
    })
  );
}

Deno.test("useInteractively() lets pools be filled while its screen is open, and waits for no removal", () =>
  watched([LATER, VIEWER, listed([])]));

Deno.test("useInteractively() removes it itself where nobody else can", () =>
  watched([
    [LATER[0], { error: "not there" }],
    VIEWER,
    listed([]),
    OFF,
    ...ENDED,
  ]));

/** Run a command in a fork that has no card to wait for. */
async function ran(
  agent: AgentSession,
  argv: string[],
  table: Table,
  long?: number,
) {
  const fork: Fork = {
    name: NAME,
    agent,
    waking: 0,
    turn: new DisposableStack(),
    card: () => Promise.resolve(undefined),
    disks: [],
    units: [],
  };
  const vm = { name: NAME, graphical: false, fork };
  return await withLibvirt(table, (libvirt) => {
    const context = fakeContext(libvirt.virsh.run);
    return runOnce(libvirt, context, vm, argv, { long });
  });
}

Deno.test("runOnce() lets pools be filled when its command is over", async () => {
  await using agent = await localAgent("web");
  const code = await ran(agent.session, ["true"], [...NOBODYS, NOW]);
  assertEquals(code, 0);
});

Deno.test("runOnce() lets pools be filled while its command takes long", async () => {
  await using agent = await localAgent("web");
  const table = [LATER, ...NOBODYS];
  assertEquals(await ran(agent.session, ["sleep", "1"], table, 200), 0);
});

Deno.test("remove() waits until nobody wants the command of a VM any more", async () => {
  const use = await lock("use", NAME);
  const metadata = { kind: "disposable", once: true } as const;
  const running = dumped(domainNamed(NAME, { metadata }));
  const order: string[] = [];
  const table = [
    running,
    running,
    running,
    ...ENDED,
    listed([]),
    ...volumesListed([]),
  ];
  const removing = onDisplay(() =>
    withLibvirt(table, (libvirt) => remove(libvirt, NAME, "once-off"))
  ).then(() => order.push("removed"));
  await new Promise((done) => setTimeout(done, 300));
  order.push("over");
  use[Symbol.dispose]();
  await removing;
  assertEquals(order, ["over", "removed"]);
});
