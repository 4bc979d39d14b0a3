/** The XML of a network. */

import { el } from "../xml/element.ts";

export interface NetworkSpec {
  name: string;
  /** The third number of 192.168.N.0/24. */
  subnet: number;
  /** No way out and no names, just addresses. */
  isolated?: boolean;
}

/**
 * A network whose VMs get addresses by DHCP, and reach out through the host
 * unless it is isolated.
 */
export function networkXml({ name, subnet, isolated }: NetworkSpec): string {
  const at = (host: number) => `192.168.${subnet}.${host}`;
  return el(
    "network",
    {},
    el("name", {}, name),
    !isolated && el("forward", { mode: "nat" }),
    el("bridge", { stp: "on", delay: 0 }),
    // Its name server would be a way to the names of the outside.
    isolated && el("dns", { enable: "no" }),
    el(
      "ip",
      { address: at(1), netmask: "255.255.255.0" },
      el("dhcp", {}, el("range", { start: at(2), end: at(254) })),
    ),
  ).text;
}
