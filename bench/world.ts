/** What is measured on: a template, and VMs that are made and forgotten. */

import { answer, run, succeeds } from "./program.ts";

export const IMAGES = "/var/lib/libvirt/images";

/** Data in a template that is made up: about what an installed system has. */
const MEGABYTES = 800;

export interface Template {
  name: string;
  /** Path of the newest version's image. */
  image: string;
  /** False where nothing in it boots. */
  boots: boolean;
}

/** The lab's own `minimal`, else one that is made up of random data. */
export async function template(): Promise<Template> {
  const domains = await answer("virsh", "list", "--all", "--name");
  const versions = domains.split("\n").map((name) =>
    /^minimal@(\d+)$/.exec(name)?.[1]
  ).filter((number) => number !== undefined).map(Number);
  if (versions.length > 0) {
    const image = `${IMAGES}/minimal@${Math.max(...versions)}.qcow2`;
    return { name: "minimal", image, boots: true };
  }
  return await madeUp("mini", MEGABYTES);
}

/** A template of random data, in which nothing boots. */
export async function madeUp(
  name: string,
  megabytes: number,
): Promise<Template> {
  const image = `${IMAGES}/${name}@1.qcow2`;
  if (!await succeeds("virsh", "domstate", `${name}@1`)) {
    await makeUp(name, image, megabytes);
  }
  return { name, image, boots: false };
}

/** Forget a template that was made up. */
export async function forgetTemplate({ name, image }: Template) {
  await run(["virsh", "undefine", `${name}@1`]);
  await Deno.remove(image);
  await run(["virsh", "pool-refresh", "default"]);
}

async function makeUp(name: string, image: string, megabytes: number) {
  const raw = await Deno.makeTempFile({ dir: IMAGES });
  const dd = ["dd", "if=/dev/urandom", "bs=1M", `count=${megabytes}`];
  await run([...dd, `of=${raw}`]);
  await run(["truncate", "-s", "8G", raw]);
  const layout = "cluster_size=128k,extended_l2=on";
  const convert = ["qemu-img", "convert", "-O", "qcow2", "-o", layout];
  await run([...convert, raw, image]);
  await Deno.remove(raw);
  await Deno.chmod(image, 0o444);
  await run(["virsh", "pool-refresh", "default"]);
  await run(["virsh", "define", "/dev/stdin"], {
    stdin: templateXml(name, image),
  });
}

function templateXml(name: string, image: string): string {
  return `<domain type="qemu">
  <name>${name}@1</name>
  <title>template</title>
  <metadata>
    <vms:vm xmlns:vms="urn:vms:domain:1" kind="template" user="user"/>
  </metadata>
  <memory unit="MiB">1024</memory>
  <vcpu>2</vcpu>
  <os><type machine="q35">hvm</type></os>
  <devices>
    <disk type="file" device="disk">
      <driver name="qemu" type="qcow2"/>
      <source file="${image}"/>
      <target dev="vda" bus="virtio"/>
    </disk>
  </devices>
</domain>`;
}

/** Forget VMs and delete all their files, whoever made them. */
export async function forget(names: string[]): Promise<void> {
  const commands = names.flatMap((name) => [
    `destroy ${name}`,
    `undefine --nvram ${name}`,
    `vol-delete --pool default ${name}.qcow2`,
    `vol-delete --pool default ${name}.home.qcow2`,
    `vol-delete --pool default ${name}.credentials`,
  ]);
  await succeeds("virsh", "-q", commands.join("; "));
  const own = (file: string) => names.includes(file.split(".")[0]!);
  for await (const { name } of Deno.readDir(IMAGES)) {
    if (own(name)) await Deno.remove(`${IMAGES}/${name}`);
  }
}

/** XML of a clone, under a name and with an identity of its own. */
export async function xmlOfClone(
  of: string,
  name: string,
): Promise<string> {
  const xml = await answer("virsh", "dumpxml", "--inactive", of);
  return xml.replaceAll(of, name).replace(/<(uuid>|mac )[^\n]*\n/g, "");
}

/** Bytes that a file takes up on the disk. */
export async function allocated(path: string): Promise<number> {
  return (await Deno.stat(path)).blocks! * 512;
}
