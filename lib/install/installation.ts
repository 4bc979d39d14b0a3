/** An installation from the ISO, from an empty disk to a system that boots. */

import { join } from "@std/path/posix/join";
import type { Context } from "../command/context.ts";
import { Failure } from "../command/failure.ts";
import { runtimeDirectory, stateHome } from "../config/places.ts";
import { connect, CONNECTED } from "../console/connect.ts";
import { Console } from "../console/console.ts";
import { chooseAcceleration } from "../host/acceleration.ts";
import { create, destroy } from "../libvirt/domain.ts";
import {
  type DomainSpec,
  domainXml,
  type Share,
} from "../libvirt/domain_xml.ts";
import { change, type Virsh } from "../libvirt/virsh.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { undoing } from "../undo/undo.ts";
import { KERNEL_PARAMETERS, logIn, mountSeed } from "./live_system.ts";
import { runStep } from "./run_step.ts";
import { type GuestSettings, writeSeed } from "./seed.ts";
import { resumable, type Step, stepsFor } from "./steps.ts";
import type { TargetDisk } from "./target_disk.ts";

/** An ISO that was verified, with its kernel beside it. */
export interface BootableIso {
  path: string;
  kernel: string;
  initrd: string;
  /** Parameters of its own loader entry. */
  options: string[];
}

export interface InstallationSpec {
  /** Name of the domain while it runs. */
  domain: string;
  /** Done on top of each other; with a parent's disk only the last one. */
  recipes: Recipe[];
  /** Whether the disk is a layer on a parent's image. */
  onParent: boolean;
  disk: TargetDisk;
  iso: BootableIso;
  settings: GuestSettings;
  /** Bytes. */
  memory: number;
  vcpus: number;
  /** Name of the libvirt network to download over. */
  network: string;
  /** Directories of the package cache: shared, and this VM's own. */
  cache: { shared: string; own: string };
  /** Go on from this step with a disk that was kept. */
  from?: string;
  /** Keep the disk where it fails. */
  keep: boolean;
  /** Seconds: longest silence of a step, where the usual is not wanted. */
  silence?: number;
}

/** Memory of the live system: root, its overlay, and pacman at work. */
const LEAST_MEMORY = 1536 * 2 ** 20;

/**
 * Install; afterwards the disk is one image, with no VM running on it.
 *
 * @throws {Failure} naming the step, its last lines and the transcript.
 */
export async function install(
  virsh: Virsh,
  context: Context,
  spec: InstallationSpec,
): Promise<void> {
  const seed = join(await runtimeDirectory(), `install-${spec.domain}`);
  await using undo = undoing();
  await Deno.mkdir(seed, { recursive: true, mode: 0o755 });
  const removeSeed = () => Deno.remove(seed, { recursive: true });
  undo.add(removeSeed);
  const extra = await writeSeed(seed, spec.recipes, spec.settings);
  const steps = stepsFor({ parent: spec.onParent, extra });
  const names = resumable(steps);
  if (spec.from) await spec.disk.resume(names, checkedStep(names, spec.from));
  else await spec.disk.create();
  if (!spec.keep) undo.add(() => spec.disk.delete(names));
  const logs = await logDirectory(spec.domain);
  // Before it starts: a signal may come while it does.
  undo.add(() => virsh.try(destroy(spec.domain)));
  const live = await LiveVm.start(virsh, context, spec, { seed, logs });
  undo.add(() => live.end());
  try {
    await live.install(steps);
  } catch (error) {
    throw explained(error, live.console, logs, spec);
  }
  await live.end();
  await removeSeed();
  undo.keep();
}

function checkedStep(names: string[], step: string): string {
  const found = names.find((name) =>
    name === step || name.startsWith(`${step}-`)
  );
  if (found) return found;
  throw new Failure(
    "usage",
    `cannot go on from step "${step}"`,
    `the steps are ${names.join(", ")}`,
  );
}

async function logDirectory(domain: string): Promise<string> {
  const time = new Date().toISOString().slice(0, 19).replaceAll(":", "");
  const path = join(stateHome(), "log", `${time}-${domain}`);
  await Deno.mkdir(path, { recursive: true, mode: 0o700 });
  return path;
}

/** The failure with what helps to find its reason. */
function explained(
  error: unknown,
  console: Console,
  logs: string,
  { keep, domain }: InstallationSpec,
): unknown {
  if (!(error instanceof Failure)) return error;
  const { exit, what } = error;
  const why = [
    error.why,
    ...lastWords(console).map((line) => `  | ${line.slice(0, 200)}`),
    `transcript: ${join(logs, "console")}`,
    keep
      ? `the disk of ${domain} is kept: --from goes on with it`
      : "the disk is deleted; --keep keeps it",
  ].join("\n");
  return new Failure(exit, what, why, error.hint, { cause: error });
}

/** The last lines that were heard, without the marks that end steps. */
function lastWords(console: Console): string[] {
  return console.lastLines(30).filter((line) => !line.startsWith("@@"))
    .slice(-5);
}

/** The VM in which the live system runs. */
class LiveVm {
  private constructor(
    readonly virsh: Virsh,
    readonly context: Context,
    readonly spec: InstallationSpec,
    readonly console: Console,
    readonly transcript: Deno.FsFile,
    readonly logs: string,
  ) {}

  static async start(
    virsh: Virsh,
    context: Context,
    spec: InstallationSpec,
    { seed, logs }: { seed: string; logs: string },
  ): Promise<LiveVm> {
    const type = await chooseAcceleration(virsh, context.say);
    const xml = domainXml(liveDomain(spec, type, shares(spec, seed, logs)));
    await virsh.must("cannot start the live system", create(xml, true));
    const path = join(logs, "console");
    const transcript = await Deno.open(path, { create: true, write: true });
    const talk = connect(context.run, virsh, spec.domain);
    const console = new Console(talk, transcript);
    const vm = new LiveVm(virsh, context, spec, console, transcript, logs);
    try {
      const soon = { silence: 20_000, total: 20_000 };
      await console.expect("cannot connect to the console", CONNECTED, soon);
      await virsh.must(
        "cannot start the live system",
        change(["resume", spec.domain]),
      );
    } catch (error) {
      await vm.end();
      throw error;
    }
    return vm;
  }

  async install(steps: Step[]): Promise<void> {
    const { progress } = this.context;
    const todo = remaining(steps, this.spec.from);
    const all = todo.length + 1;
    progress.step(1, all, "boot the ISO");
    await logIn(this.console, this.#patience()?.silence);
    await mountSeed(this.console);
    for (const [i, step] of todo.entries()) {
      progress.step(i + 2, all, `${step.name}: ${step.says}`);
      const patience = { ...step.patience, ...this.#patience() };
      await runStep(
        this.console,
        { ...step, patience },
        this.logs,
        progress.note,
      );
      const next = todo[i + 1];
      if (step.checkpoint && next) {
        await this.spec.disk.checkpoint(this.spec.domain, next.name);
      }
    }
    progress.done();
    await this.spec.disk.merge(this.spec.domain);
  }

  #patience() {
    if (!this.spec.silence) return;
    const silence = this.spec.silence * 1000;
    return { silence, total: 20 * silence };
  }

  /** End the VM. The steps have unmounted and synced what they wrote. */
  async end(): Promise<void> {
    await this.virsh.try(change(["destroy", this.spec.domain, "--graceful"]));
    await this.console.close();
    try {
      this.transcript.close();
    } catch {
      // Closed before.
    }
  }
}

function remaining(steps: Step[], from: string | undefined): Step[] {
  if (!from) return steps;
  const at = steps.findIndex(({ name }) =>
    name === from || name.startsWith(`${from}-`)
  );
  return [steps[0]!, ...steps.slice(at)];
}

function shares(spec: InstallationSpec, seed: string, logs: string): Share[] {
  return [
    { tag: "seed", directory: seed },
    { tag: "log", directory: logs },
    { tag: "pkg-shared", directory: spec.cache.shared },
    { tag: "pkg-vm", directory: spec.cache.own },
  ];
}

function liveDomain(
  spec: InstallationSpec,
  type: DomainSpec["type"],
  shares: Share[],
): DomainSpec {
  const { iso, domain, vcpus, network } = spec;
  return {
    name: domain,
    uuid: crypto.randomUUID(),
    metadata: { kind: "build" },
    type,
    memory: Math.max(spec.memory, LEAST_MEMORY),
    vcpus,
    disks: [
      { path: spec.disk.path, serial: "root", reportErrors: true },
      { path: iso.path, serial: "iso", format: "raw", readonly: true },
    ],
    network: { name: network },
    shares,
    boot: {
      kernel: iso.kernel,
      initrd: iso.initrd,
      cmdline: [...iso.options, ...KERNEL_PARAMETERS].join(" "),
    },
    // A reboot would boot the ISO again.
    onReboot: "destroy",
  };
}
