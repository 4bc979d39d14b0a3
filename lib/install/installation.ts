/** An installation from the ISO, from an empty disk to a system that boots. */

import { join } from "@std/path/posix/join";
import type { Context } from "../command/context.ts";
import { Failure } from "../command/failure.ts";
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
import {
  type GuestFolders,
  keepLogs,
  makeGuestFolders,
  makeLogFolder,
  removeGuestFolders,
} from "./folders.ts";
import { HANGING_LINES } from "./hanging.ts";
import { KERNEL_PARAMETERS, logIn, mountSeed } from "./live_system.ts";
import { runStep } from "./run_step.ts";
import { type GuestSettings, writeSeed } from "./seed.ts";
import {
  remaining,
  resumable,
  type Step,
  stepNamed,
  stepsFor,
} from "./steps.ts";
import type { TargetDisk } from "./target_disk.ts";

/** An ISO, with its kernel beside it; `vms-iso` verifies those that it fetches. */
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
  // However it ends; after the VM has, which is taken back before.
  await using ending = undoing();
  const folders = await makeGuestFolders(spec.domain);
  ending.add(() => removeGuestFolders(folders));
  const extra = await writeSeed(folders.seed, spec.recipes, spec.settings);
  const steps = stepsFor({ parent: spec.onParent, extra });
  const names = resumable(steps);
  await using undo = undoing();
  if (spec.from) await spec.disk.resume(names, stepNamed(names, spec.from));
  else await spec.disk.create();
  if (!spec.keep) undo.add(() => spec.disk.delete(names));
  const logs = await makeLogFolder(spec.domain);
  const all = steps.map(({ name }) => name);
  ending.add(() => keepLogs(folders.log, logs, all));
  // Before it starts: a signal may come while it does.
  undo.add(() => virsh.try(destroy(spec.domain)));
  const live = await LiveVm.start(virsh, context, spec, { folders, logs });
  undo.add(() => live.end());
  try {
    await live.install(steps);
  } catch (error) {
    throw explained(error, live.console, logs, spec);
  }
  await live.end();
  undo.keep();
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
  const lines = exit === "timeout" ? HANGING_LINES : 5;
  const why = [
    error.why,
    ...lastWords(console, lines).map((line) => `  | ${line.slice(0, 200)}`),
    `transcript: ${join(logs, "console")}`,
    keep
      ? `the disk of ${domain} is kept: --from goes on with it`
      : "the disk is deleted; --keep keeps it",
  ].join("\n");
  return new Failure(exit, what, why, error.hint, { cause: error });
}

/** The last lines that were heard, without the marks that end steps. */
function lastWords(console: Console, count: number): string[] {
  return console.lastLines(30).filter((line) => !line.startsWith("@@"))
    .slice(-count);
}

/** The VM in which the live system runs. */
class LiveVm {
  private constructor(
    readonly virsh: Virsh,
    readonly context: Context,
    readonly spec: InstallationSpec,
    readonly console: Console,
    readonly transcript: Deno.FsFile,
    /** Where the guest writes the logs of its steps. */
    readonly log: string,
  ) {}

  static async start(
    virsh: Virsh,
    context: Context,
    spec: InstallationSpec,
    { folders, logs }: { folders: GuestFolders; logs: string },
  ): Promise<LiveVm> {
    const type = await chooseAcceleration(virsh, context.say);
    const xml = domainXml(liveDomain(spec, type, shares(spec, folders)));
    await virsh.must("cannot start the live system", create(xml, true));
    const path = join(logs, "console");
    const transcript = await Deno.open(path, { create: true, write: true });
    const talk = connect(context.run, virsh, spec.domain);
    const console = new Console(talk, transcript);
    const vm = new LiveVm(
      virsh,
      context,
      spec,
      console,
      transcript,
      folders.log,
    );
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
        this.log,
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

function shares(
  { cache }: InstallationSpec,
  { seed, log }: GuestFolders,
): Share[] {
  return [
    { tag: "seed", directory: seed },
    { tag: "log", directory: log },
    { tag: "pkg-shared", directory: cache.shared },
    { tag: "pkg-vm", directory: cache.own },
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
