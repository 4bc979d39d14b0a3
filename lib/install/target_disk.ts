/**
 * The disk of an installation: one image, and on it a layer per step, so that
 * the state after each step can be gone back to. At the end all is one image.
 */

import { Failure } from "../command/failure.ts";
import { change, type Virsh } from "../libvirt/virsh.ts";
import type { Pool, Volume } from "../libvirt/volume.ts";

export interface TargetDiskSpec {
  /** Stem of the names of its volumes. */
  name: string;
  /** Bytes. */
  capacity: number;
  /** Path of the parent's image, where there is one. */
  backing?: string;
}

export class TargetDisk {
  /** Volumes from the first to the one that is written to. */
  #layers: string[] = [];

  constructor(
    readonly virsh: Virsh,
    readonly pool: Pool,
    readonly directory: string,
    readonly spec: TargetDiskSpec,
  ) {}

  /** The volume that holds all in the end. */
  get base(): string {
    return `${this.spec.name}.qcow2`;
  }

  /** Path of the volume that is written to. */
  get path(): string {
    return this.#path(this.#layers.at(-1) ?? this.base);
  }

  async create(): Promise<void> {
    await this.virsh.must(
      `cannot make the disk "${this.base}"`,
      this.pool.create({ ...this.spec, name: this.base }),
    );
    this.#layers = [this.base];
  }

  /**
   * Take up the disk of an installation that failed, as it was before `step`.
   *
   * @throws {Failure} `missing`, where it was not kept or did not get so far.
   */
  async resume(steps: string[], step: string): Promise<void> {
    // QEMU made the layers: libvirt does not know them yet.
    await this.virsh.try(this.pool.refresh());
    const volumes = await this.pool.volumes();
    const there = (name: string) => volumes.some((one) => one.name === name);
    const before = steps.slice(1, steps.indexOf(step)).map((s) =>
      this.#layer(s)
    );
    const kept = [this.base, ...before];
    const lost = kept.find((name) => !there(name));
    if (lost) {
      throw new Failure(
        "missing",
        `cannot go on from step ${step}`,
        `there is no volume "${lost}": that installation did not get so far, or its disk was not kept`,
        "run it without --from, and with --keep",
      );
    }
    const later = steps.slice(steps.indexOf(step)).map((s) => this.#layer(s))
      .filter(there).reverse();
    await this.virsh.mustAll(
      "cannot drop later checkpoints",
      later.map((name) => this.pool.delete(name)),
    );
    this.#layers = kept;
    const first = steps[0] === step;
    if (first) return await this.#restart();
    const layer = this.#layer(step);
    await this.virsh.must(
      "cannot go on from a checkpoint",
      this.pool.create({
        name: layer,
        capacity: this.spec.capacity,
        backing: this.path,
      }),
    );
    this.#layers.push(layer);
  }

  async #restart(): Promise<void> {
    const what = `cannot make the disk "${this.base}" anew`;
    await this.virsh.must(what, this.pool.delete(this.base));
    await this.create();
  }

  /** Freeze what is there; the running domain writes on into a layer. */
  async checkpoint(domain: string, next: string): Promise<void> {
    const layer = this.#layer(next);
    await this.virsh.must(
      `cannot make a checkpoint before ${next}`,
      change([
        "snapshot-create-as",
        domain,
        "--disk-only",
        "--no-metadata",
        "--atomic",
        "--diskspec",
        `vda,snapshot=external,file=${this.#path(layer)}`,
        "--diskspec",
        "vdb,snapshot=no",
      ]),
    );
    this.#layers.push(layer);
  }

  /** Merge all layers of the running domain into one image. */
  async merge(domain: string): Promise<void> {
    if (this.#layers.length === 1) return;
    await this.virsh.must(
      "cannot merge the checkpoints",
      change([
        "blockcommit",
        domain,
        "vda",
        "--base",
        this.#path(this.base),
        "--active",
        "--pivot",
        "--wait",
      ]),
    );
    const merged = this.#layers.slice(1);
    this.#layers = [this.base];
    await this.#delete(merged);
  }

  /** Delete all of it, whatever is there. */
  async delete(steps: string[]): Promise<void> {
    await this.#delete([
      ...steps.map((step) => this.#layer(step)).reverse(),
      this.base,
    ]);
  }

  async #delete(names: string[]): Promise<void> {
    // QEMU made the layers: libvirt does not know them yet.
    const [, ...deleted] = await this.virsh.batch([
      this.pool.refresh(),
      ...names.map((name) => this.pool.delete(name)),
    ]);
    void deleted;
  }

  #layer(step: string): string {
    return `${this.spec.name}.${step}.qcow2`;
  }

  #path(volume: Volume["name"]): string {
    return `${this.directory}/${volume}`;
  }
}
