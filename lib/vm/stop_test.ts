import { assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../command/failure.ts";
import type { Connection } from "../libvirt/connection.ts";
import type { State } from "../libvirt/domain.ts";
import {
  type Expected,
  type FakeOptions,
  listed,
  withLibvirt,
} from "../libvirt/fake_virsh.ts";
import { Virsh } from "../libvirt/virsh.ts";
import { lock } from "../lock/lock.ts";
import type { Result } from "../process/result.ts";
import type { Run, RunOptions } from "../process/run.ts";
import { dropLayers, stop, type StopOptions } from "./stop.ts";

function states(...all: State[]): Expected {
  return listed(
    all.map((state, i) => ({ name: "ab"[i]!, state, kind: "appvm" })),
  );
}

const SHUTDOWN_A = "virsh shutdown --domain a --mode agent,acpi";
const SHUTDOWN_B = "virsh shutdown --domain b --mode agent,acpi";

function stopping(
  table: Expected[],
  options: Partial<StopOptions> = {},
  fake: FakeOptions = {},
) {
  const how = { timeout: 60, force: false, ...options };
  return withLibvirt(table, (libvirt) => stop(libvirt, ["a", "b"], how), fake);
}

Deno.test("stop() asks all guests at once, those that are paused run on first", () =>
  stopping([
    states("running", "paused"),
    ["virsh resume -- b"],
    states("running", "running"),
    [SHUTDOWN_A],
    [SHUTDOWN_B],
    states("shut off", "shut off"),
  ]));

Deno.test("stop() cuts the power of those that are left, where it is forced", () =>
  stopping([
    states("running", "running"),
    states("running", "running"),
    ["virsh destroy -- a"],
    ["virsh destroy -- b"],
    states("shut off", "shut off"),
  ], { timeout: 0, force: true }));

Deno.test("stop() names those that still run", async () => {
  const failure = await assertRejects(
    () =>
      stopping([
        states("running", "shut off"),
        states("running", "shut off"),
      ], { timeout: 0 }),
    Failure,
  );
  assertEquals(failure.exit, "timeout");
  assertEquals(failure.message, 'cannot stop "a": still running after 0 s');
  assertEquals(failure.hint, "vms-stop --force a");
});

Deno.test("stop() waits no longer than it was told for guests that say nothing", async () => {
  let asked = 0;
  const answers = (argv: readonly string[], { signal }: RunOptions = {}) =>
    new Promise<Result>((answer) => {
      const stdout = states("running", "running")[1]!.stdout!;
      if (argv.includes("list")) return answer({ code: 0, stdout, stderr: "" });
      asked++;
      const killed = { code: 143, stdout: "", stderr: "" };
      signal!.addEventListener("abort", () => answer(killed));
    });
  // Nothing else of one is used.
  const run = Object.assign(answers, { skips: () => false }) as unknown as Run;
  const virsh = new Virsh(run, "test:///default");
  const failure = await assertRejects(
    () =>
      stop({ virsh } as Connection, ["a", "b"], { timeout: 1, force: false }),
    Failure,
  );
  assertEquals(
    failure.message,
    'cannot stop "a", "b": still running after 1 s',
  );
  assertEquals(asked, 2);
});

Deno.test("stop() in a dry run prints the shutdown and waits for nothing", () =>
  stopping(
    [
      states("running", "paused"),
      ["+ virsh resume -- b"],
      states("running", "paused"),
      [`+ ${SHUTDOWN_A}`],
      [`+ ${SHUTDOWN_B}`],
    ],
    { force: true },
    { dryRun: true },
  ));

Deno.test("stop() in a dry run prints destroy where the power is cut at once", () =>
  stopping(
    [
      states("running", "running"),
      states("running", "running"),
      ["+ virsh destroy -- a"],
      ["+ virsh destroy -- b"],
    ],
    { timeout: 0, force: true },
    { dryRun: true },
  ));

/** Nobody else's VM has it: locks are those of this host. */
const ONCE = `once-${crypto.randomUUID().slice(0, 8)}`;

const OFF = listed([
  { name: "a", state: "shut off", kind: "appvm" },
  { name: ONCE, state: "shut off", kind: "disposable" },
]);

Deno.test("dropLayers() deletes what disposables wrote, and no AppVM's disk", () =>
  withLibvirt([
    OFF,
    OFF,
    ["virsh pool-refresh -- default"],
    [`virsh vol-delete --pool default -- ${ONCE}.qcow2`],
    [`virsh vol-delete --pool default -- ${ONCE}.nvram.fd`],
  ], (libvirt) => dropLayers(libvirt, ["a", ONCE])));

Deno.test("dropLayers() leaves a disposable that somebody has started since", () =>
  withLibvirt([
    OFF,
    listed([{ name: ONCE, state: "running", kind: "disposable" }]),
  ], (libvirt) => dropLayers(libvirt, ["a", ONCE])));

Deno.test("dropLayers() leaves a disposable that somebody is starting", async () => {
  using _starting = await lock("vm", ONCE);
  await withLibvirt([OFF], (libvirt) => dropLayers(libvirt, ["a", ONCE]));
});
