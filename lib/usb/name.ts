/** Names people give to USB devices. */

import { Failure } from "../command/failure.ts";
import { printable } from "../names/names.ts";
import type { Address, Device } from "./device.ts";

const PORT = /^(?:usb\d+|\d+-\d+(?:\.\d+)*)$/;
const ID = /^[0-9a-fA-F]{4}:[0-9a-fA-F]{4}$/;
const ADDRESS = /^(\d{3}):(\d{3})$/;

/**
 * The one device of that name: port path (`2-1.4`), `vendor:product`, or
 * serial. What looks like a port or an id is never taken for a serial, so no
 * device can pass for another by the serial it claims.
 *
 * @throws {Failure} `missing`; `conflict` where several have the name, or
 * where it is a hub.
 */
export function resolve(devices: readonly Device[], word: string): Device {
  const [found, ...others] = devices.filter((one) => isNamed(one, word));
  const what = `cannot use ${printable(word)}`;
  if (!found) {
    const why = "no USB device has that port, id or serial";
    throw new Failure("missing", what, why, "vms-usb list");
  }
  if (others.length > 0) {
    const ports = [found, ...others].map(({ port }) => port).join(", ");
    const why = `${others.length + 1} devices have that name; ` +
      `name one by its port: ${ports}`;
    throw new Failure("conflict", what, why, "vms-usb list");
  }
  if (found.hub) throw new Failure("conflict", what, whyNoHub(found));
  return found;
}

function isNamed(device: Device, word: string): boolean {
  if (PORT.test(word)) return device.port === word;
  if (ID.test(word)) return device.id === word.toLowerCase();
  return device.serial === word;
}

function whyNoHub({ port }: Device): string {
  return port.startsWith("usb")
    ? "it is a root hub, a part of this host"
    : "it is a hub, and what is plugged into it would stay on this host; " +
      "attach the devices behind it";
}

/** The address in `002:003`, which names what is plugged in no longer. */
export function parseAddress(word: string): Address | undefined {
  const [, bus, device] = ADDRESS.exec(word) ?? [];
  if (bus === undefined) return;
  return { bus: Number(bus), device: Number(device) };
}
