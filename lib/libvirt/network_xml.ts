/** The XML of a network. */

import { el } from "../xml/element.ts";

export interface NetworkSpec {
  name: string;
  /** The third number of 192.168.N.0/24. */
  subnet: number;
}

/** A network whose VMs reach out through the host, and get addresses by DHCP. */
export function networkXml({ name, subnet }: NetworkSpec): string {
  const at = (host: number) => `192.168.${subnet}.${host}`;
  return el(
    "network",
    {},
    el("name", {}, name),
    el("forward", { mode: "nat" }),
    el("bridge", { stp: "on", delay: 0 }),
    el(
      "ip",
      { address: at(1), netmask: "255.255.255.0" },
      el("dhcp", {}, el("range", { start: at(2), end: at(254) })),
    ),
  ).text;
}
