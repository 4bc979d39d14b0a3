/**
 * Images as volumes of a libvirt storage pool, made and deleted through
 * libvirt: no rights on the files are needed.
 */

import { el } from "../xml/element.ts";
import { attribute, readXml, textOf } from "../xml/read.ts";
import { readTable } from "./table.ts";
import { type Call, change, look, type Virsh, XML_FILE } from "./virsh.ts";

export interface Volume {
  name: string;
  path: string;
  /** Bytes the guest sees, and bytes on the host's disk. */
  capacity: number;
  allocation: number;
  /** Length of the file. */
  physical: number;
  format: string;
  /** Path of the image it is a layer on. */
  backing?: string;
}

export interface VolumeSpec {
  name: string;
  /** Bytes. */
  capacity: number;
  /** Path of the qcow2 image it is a layer on. */
  backing?: string;
  /** Such as 0o444 for an image that nobody may write to. */
  mode?: number;
  /** Where libvirt does not give it to QEMU by itself. */
  owner?: Owner;
  format?: "qcow2" | "raw";
}

/** Numbers of a user and a group. */
export interface Owner {
  user: number;
  group: number;
}

/**
 * 128 KiB clusters with subclusters of 4 KiB: a layer then takes up what the
 * guest really wrote; docs/qcow2.md has the figures.
 */
export function volumeXml(spec: VolumeSpec): string {
  const { name, capacity, backing, mode = 0o600, format = "qcow2" } = spec;
  const { owner } = spec;
  return el(
    "volume",
    {},
    el("name", {}, name),
    el("capacity", { unit: "bytes" }, capacity),
    format === "raw" && el("allocation", { unit: "bytes" }, 0),
    el(
      "target",
      {},
      el("format", { type: format }),
      el(
        "permissions",
        {},
        owner && [el("owner", {}, owner.user), el("group", {}, owner.group)],
        el("mode", {}, `0${mode.toString(8)}`),
      ),
      format === "qcow2" && [
        el("compat", {}, "1.1"),
        el("clusterSize", { unit: "KiB" }, 128),
        el("features", {}, el("extended_l2")),
      ],
    ),
    backing !== undefined && el(
      "backingStore",
      {},
      el("path", {}, backing),
      el("format", { type: "qcow2" }),
    ),
  ).text;
}

/** The pool that images live in. */
export class Pool {
  constructor(readonly virsh: Virsh, readonly name: string) {}

  /** Its directory on the host. */
  async directory(): Promise<string> {
    const xml = await this.virsh.must(
      `cannot use the storage pool "${this.name}"`,
      this.describe(),
    );
    return readPoolDirectory(xml);
  }

  /** Bytes in all, and bytes that are free. */
  async space(): Promise<{ capacity: number; available: number }> {
    const what = `cannot use the storage pool "${this.name}"`;
    const root = readXml(await this.virsh.must(what, this.describe()));
    return {
      capacity: Number(textOf(root, "capacity")),
      available: Number(textOf(root, "available")),
    };
  }

  describe(): Call {
    return look("pool-dumpxml", "--", this.name);
  }

  create(spec: VolumeSpec): Call {
    return change(["vol-create", "--", this.name, XML_FILE], volumeXml(spec));
  }

  /** Copy the data of `from` and all it rests on into one new image. */
  copy(from: string, spec: VolumeSpec): Call {
    const words = [
      "vol-create-from",
      this.name,
      XML_FILE,
      from,
      "--inputpool",
      this.name,
    ];
    return change(words, volumeXml(spec));
  }

  delete(volume: string): Call {
    return change(["vol-delete", "--pool", this.name, "--", volume]);
  }

  /** Write a secret text over the beginning of a raw volume. */
  upload(volume: string, text: string): Call {
    const words = ["vol-upload", "--pool", this.name, "--", volume, XML_FILE];
    return { ...change(words, text), secret: true };
  }

  /** Write a file of this host over the beginning of a raw volume. */
  uploadFile(volume: string, path: string): Call {
    return change(["vol-upload", "--pool", this.name, "--", volume, path]);
  }

  resize(volume: string, bytes: number): Call {
    const words = ["vol-resize", "--pool", this.name, "--", volume, `${bytes}`];
    return change(words);
  }

  /** Let libvirt see files that others (QEMU) made in the directory. */
  refresh(): Call {
    return { words: ["pool-refresh", "--", this.name], changes: false };
  }

  /** The volume of that name. */
  async volumeNamed(name: string): Promise<Volume> {
    const words = ["vol-dumpxml", "--pool", this.name, "--", name];
    const what = `cannot read the image "${name}"`;
    return readVolume(await this.virsh.must(what, look(...words)));
  }

  /** The volume of that path. */
  async volume(path: string): Promise<Volume> {
    const what = `cannot read the image ${path}`;
    return readVolume(await this.virsh.must(what, look("vol-dumpxml", path)));
  }

  /** All volumes, with what they rest on. */
  async volumes(): Promise<Volume[]> {
    const what = `cannot list the storage pool "${this.name}"`;
    const text = await this.virsh.must(what, look("vol-list", "--", this.name));
    const names = readTable(text).map((row) => row.Name!);
    const answers = await this.virsh.batch(
      names.map((name) => look("vol-dumpxml", "--pool", this.name, "--", name)),
    );
    return answers.filter(({ ok }) => ok).map(({ stdout }) =>
      readVolume(stdout)
    );
  }
}

export function readPoolDirectory(xml: string): string {
  return textOf(readXml(xml), "target/path")!;
}

export function readVolume(xml: string): Volume {
  const root = readXml(xml);
  return {
    name: textOf(root, "name")!,
    path: textOf(root, "target/path")!,
    capacity: Number(textOf(root, "capacity")),
    allocation: Number(textOf(root, "allocation")),
    physical: Number(textOf(root, "physical")),
    format: attribute(root, "target/format", "type")!,
    backing: textOf(root, "backingStore/path"),
  };
}
