/**
 * USB devices of this host, as sysfs shows them: Documentation/ABI/stable/
 * sysfs-bus-usb of Linux. What a device says of itself is not believed.
 */

import { plainText } from "../names/plain_text.ts";
import { join } from "@std/path/posix/join";
import { Failure } from "../command/failure.ts";

/** Where a device is at the moment; the number changes at each plugging in. */
export interface Address {
  bus: number;
  device: number;
}

export interface Device extends Address {
  /** Path of ports from the root hub, such as `2-1.4`; `usb2` is a root hub. */
  port: string;
  /** `vendor:product`, such as `1050:0407`. */
  id: string;
  /** Manufacturer and product, in printable characters; may be empty. */
  name: string;
  /** In printable characters; many devices have none. */
  serial?: string;
  hub: boolean;
}

/** Class of hubs: USB 2.0, table 9-8, and usb.org's list of class codes. */
const HUB = "09";

/**
 * All devices that are plugged in, hubs included, in the order of their ports.
 *
 * @throws {Failure} `host`, where the kernel has no USB.
 */
export async function devices(sysfs = "/sys"): Promise<Device[]> {
  const directory = join(sysfs, "bus/usb/devices");
  const names = await namesIn(directory);
  const hubs = await hubsByInterface(directory, names);
  const found = await Promise.all(
    names.filter((name) => !name.includes(":"))
      .map((port) => readDevice(directory, port, hubs.has(port))),
  );
  return found.filter((device) => device !== undefined)
    .sort((a, b) => a.port.localeCompare(b.port, "en", { numeric: true }));
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(directory));
    return entries.map(({ name }) => name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Failure(
      "host",
      "cannot look for USB devices",
      `there is no ${directory}: the kernel of this host has no USB`,
    );
  }
}

/** Some hubs name their class only at an interface, `1-2:1.0`. */
async function hubsByInterface(
  directory: string,
  names: string[],
): Promise<Set<string>> {
  const hubs = new Set<string>();
  for (const name of names.filter((name) => name.includes(":"))) {
    const class_ = await attribute(join(directory, name), "bInterfaceClass");
    if (class_ === HUB) hubs.add(name.split(":")[0]!);
  }
  return hubs;
}

/** Undefined for one that is pulled out while it is read. */
async function readDevice(
  directory: string,
  port: string,
  hub: boolean,
): Promise<Device | undefined> {
  const read = (name: string) => attribute(join(directory, port), name);
  const bus = Number(await read("busnum"));
  const device = Number(await read("devnum"));
  const vendor = await read("idVendor");
  const product = await read("idProduct");
  if (!bus || !device || !vendor || !product) return;
  const called = [await read("manufacturer"), await read("product")];
  return {
    port,
    bus,
    device,
    id: `${vendor}:${product}`,
    name: called.filter(Boolean).join(" "),
    serial: await read("serial") || undefined,
    hub: hub || port.startsWith("usb") || await read("bDeviceClass") === HUB,
  };
}

/** Empty where the device has it not. */
async function attribute(device: string, name: string): Promise<string> {
  try {
    return clean(await Deno.readTextFile(join(device, name)));
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return "";
  }
}

/** The strings of a device are whatever its maker, or an attacker, wrote. */
function clean(text: string): string {
  return plainText(text.replace(/\n$/, ""), 80).trim();
}

/** `002:003`, as lsusb(8) and libvirt's messages have it. */
export function addressWord({ bus, device }: Address): string {
  return `${bus}`.padStart(3, "0") + ":" + `${device}`.padStart(3, "0");
}

export function sameAddress(one: Address, two: Address): boolean {
  return one.bus === two.bus && one.device === two.device;
}
