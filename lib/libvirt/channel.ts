/** Ports of a domain that runs, by which host and guest talk. */

import { attribute, children, find, readXml } from "../xml/read.ts";

/**
 * Whether a program in the guest has opened the virtio-serial port of that
 * name; undefined where the domain has no such port or does not run.
 */
export function channelConnected(
  xml: string,
  name: string,
): boolean | undefined {
  const devices = find(readXml(xml), "devices");
  const channel = devices &&
    children(devices, "channel").find((one) =>
      attribute(one, "target", "name") === name
    );
  const state = channel && attribute(channel, "target", "state");
  return state === undefined ? undefined : state === "connected";
}
