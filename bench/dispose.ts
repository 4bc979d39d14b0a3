/** A disposable, to the first output of a command in it: each way to get one. */

import { type Finding, milliseconds, times } from "./finding.ts";
import { answer, runAll } from "./program.ts";
import { type Contender, race, type Series } from "./race.ts";
import { forget, IMAGES, type Template } from "./world.ts";

const SAVED = "bench-saved";
const ENDED = "bench-ended";
const STATE = `${IMAGES}/${SAVED}.state`;
const LAYER = `${IMAGES}/${SAVED}.qcow2`;

/** Ways to a disposable, quickest first: what the chart shows. */
export const WAYS = [
  "spare of the pool",
  "fork",
  "virsh restore",
  "cold boot",
] as const;

/** Disposables at once, with a pool of `SPARES`. */
const BURST = 10;
const SPARES = 2;

export async function benchDispose(
  { name }: Template,
  rounds: number,
): Promise<Finding[]> {
  const baked = await bake(name);
  await saveOne(name);
  const fork = { name: "fork", work: () => dispose(name), after: settled };
  const pool: Contender = {
    name: "spare of the pool",
    before: () => runAll([["vms-pool", "set", name, "1"]]),
    work: () => dispose(name),
    after: async () => {
      await runAll([["vms-pool", "set", name, "0"]]);
      await settled();
    },
  };
  const [one, spare, restored] = await race([fork, pool, restore()], rounds);
  await forget([SAVED]);
  // A minute each, where the processor is emulated.
  const [booted, again] = await race([
    { name: "cold boot", work: () => dispose(name, "--cold"), after: settled },
    fork,
  ], Math.min(rounds, 2));
  const [burst, alone] = await race([{
    name: `slowest of ${BURST} at once, pool of ${SPARES}`,
    before: () => runAll([["vms-pool", "set", name, `${SPARES}`]]),
    work: async () => {
      await Promise.all(Array.from({ length: BURST }, () => dispose(name)));
    },
    after: async () => {
      await runAll([["vms-pool", "set", name, "0"]]);
      await settled();
    },
  }, fork], Math.min(rounds, 3));
  return [
    milliseconds(one!, { atMost: 700 }),
    milliseconds(spare!, { atMost: 200 }),
    times(again!, booted!, { atMost: 0.1 }),
    times(one!, restored!),
    times(spare!, one!),
    times(burst!, alone!, { atMost: 3 }),
    milliseconds(baked),
    ...await teardown(name, rounds),
  ];
}

/** From a template that is published to a warm image of it; a boot, once. */
async function bake(name: string): Promise<Series> {
  const began = performance.now();
  await runAll([["vms-warm", "bake", name]]);
  const wall = [performance.now() - began];
  return { name: "vms-warm bake, once", wall, cpu: 0 };
}

async function dispose(name: string, ...options: string[]) {
  const said = await answer(
    "vms-dispose",
    ...options,
    name,
    "--",
    "echo",
    "up",
  );
  if (said !== "up") throw new Error(`it said ${said}`);
}

/** What is removed in the background is gone. */
async function settled() {
  for (let i = 0; i < 600; i++) {
    const left = await answer("virsh", "list", "--all", "--name");
    if (!/^disp-/m.test(left)) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error("disposables are left");
}

/** A VM that virsh has saved, and its disk as it was then. */
async function saveOne(name: string) {
  await runAll([
    ["vms-clone", "--cold", "--network=none", name, SAVED],
    ["vms-start", "--wait", SAVED],
    ["vms-exec", SAVED, "--", "true"],
    ["virsh", "save", SAVED, STATE],
    ["cp", LAYER, `${LAYER}.then`],
  ]);
}

function restore(): Contender {
  return {
    name: "virsh restore",
    work: async () => {
      await runAll([["cp", `${LAYER}.then`, LAYER], [
        "virsh",
        "restore",
        STATE,
      ]]);
      await answer("vms-exec", SAVED, "--", "echo", "up");
    },
    after: () => runAll([["virsh", "destroy", SAVED]]),
  };
}

/** From the last output until the prompt is back, against what it stands for. */
async function teardown(name: string, rounds: number): Promise<Finding[]> {
  const ours: Series = { name: "end of vms-dispose", wall: [], cpu: 0 };
  const bare: Series = {
    name: "virsh destroy, undefine, vol-delete",
    wall: [],
    cpu: 0,
  };
  for (let round = 0; round < rounds; round++) {
    const child = new Deno.Command("vms-dispose", {
      args: [name, "--", "echo", "up"],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    await child.stdout.getReader().read();
    const said = performance.now();
    await child.status;
    ours.wall.push(performance.now() - said);
    await settled();
    await runAll([["vms-clone", "--start", name, ENDED]]);
    const began = performance.now();
    await runAll([
      ["virsh", "destroy", ENDED],
      ["virsh", "undefine", "--nvram", ENDED],
      ["virsh", "vol-delete", "--pool", "default", `${ENDED}.qcow2`],
    ]);
    bare.wall.push(performance.now() - began);
    await forget([ENDED]);
  }
  return [times(ours, bare, { atMost: 0.5 })];
}
