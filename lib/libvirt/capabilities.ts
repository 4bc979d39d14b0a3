/** What libvirt says of this host: https://libvirt.org/formatcaps.html */

import { Failure } from "../command/failure.ts";
import { children, find, readXml, textOf } from "../xml/read.ts";
import { look, type Virsh } from "./virsh.ts";
import type { Owner } from "./volume.ts";

/**
 * The user and the group that QEMU runs as.
 *
 * @throws {Failure} `host`, where libvirt does not say so.
 */
export async function qemuOwner(virsh: Virsh): Promise<Owner> {
  const what = "cannot tell whom QEMU runs as";
  const xml = await virsh.must(what, look("capabilities"));
  const host = find(readXml(xml), "host");
  const model = host && children(host, "secmodel")
    .find((one) => textOf(one, "model") === "dac");
  const label = model && textOf(model, "baselabel");
  const numbers = /^\+?([0-9]+):\+?([0-9]+)$/.exec(label ?? "");
  if (!numbers) {
    throw new Failure("host", what, "libvirt has no security model dac");
  }
  return { user: Number(numbers[1]), group: Number(numbers[2]) };
}
