/** Plugging a device into a domain. */

import { Failure } from "../command/failure.ts";
import { change, demand, type Virsh, XML_FILE } from "./virsh.ts";

/**
 * Plug it in, by default into the domain as it runs. `what` cannot be done else.
 *
 * @throws {Failure} `conflict`, where each slot of the domain has a device.
 */
export async function plugIn(
  virsh: Virsh,
  { name, what, xml, flags = ["--live"] }: {
    name: string;
    what: string;
    xml: string;
    flags?: readonly string[];
  },
): Promise<void> {
  const words = ["attach-device", ...flags, "--", name, XML_FILE];
  const answer = await virsh.try(change(words, xml));
  if (/No more available PCI slots/.test(answer.error)) {
    throw new Failure(
      "conflict",
      what,
      "all its slots for devices are taken; a share that is removed leaves one",
      `vms-share list ${name}`,
    );
  }
  demand(what, answer);
}
