/**
 * USB devices of this host, as sysfs shows them: Documentation/ABI/stable/
 * sysfs-bus-usb of Linux. What a device says of itself is not believed.
 */

import { join } from "@std/path/posix/join";
import { Failure } from "../command/failure.ts";
import { plainText } from "../names/plain_text.ts";
import type { Run } from "../process/run.ts";

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

/** What is read of each device and interface. */
const ATTRIBUTES = [
  "busnum",
  "devnum",
  "idVendor",
  "idProduct",
  "manufacturer",
  "product",
  "serial",
  "bDeviceClass",
  "bInterfaceClass",
];

/** Attributes by the name of the device or interface. */
type Tree = Map<string, Record<string, string>>;

/**
 * All devices that are plugged in, hubs included, in the order of their ports.
 *
 * @throws {Failure} `host`, where the kernel has no USB.
 */
export async function devices(run: Run, sysfs = "/sys"): Promise<Device[]> {
  const tree = await readTree(run, join(sysfs, "bus/usb/devices"));
  const hubs = hubsByInterface(tree);
  return [...tree].filter(([name]) => !name.includes(":"))
    .map(([port, attributes]) => readDevice(port, attributes, hubs.has(port)))
    .filter((device) => device !== undefined)
    .sort((a, b) => a.port.localeCompare(b.port, "en", { numeric: true }));
}

/**
 * By find(1) and grep(1): Deno lets nothing read /sys that has not every
 * permission there is. grep puts path and NUL before each line, and no string
 * of a device holds a NUL, so none can pose as another attribute.
 */
async function readTree(run: Run, directory: string): Promise<Tree> {
  const names = ATTRIBUTES.flatMap((name) => ["-o", "-name", name]).slice(1);
  const { stdout, stderr } = await run(
    [
      ...["find", "-L", directory, "-mindepth", "2", "-maxdepth", "2"],
      ...["(", ...names, ")", "-exec", "grep", "-HsZ", "", "{}", "+"],
    ],
    // A device that is pulled out meanwhile is an error to find.
    { changes: false, ok: [0, 1, 123] },
  );
  if (stdout === "" && stderr.includes("No such file")) {
    throw new Failure(
      "host",
      "cannot look for USB devices",
      `there is no ${directory}: the kernel of this host has no USB`,
    );
  }
  const tree: Tree = new Map();
  for (const line of stdout.split("\n")) {
    const [path = "", text] = line.split("\0");
    const [device, attribute] = path.split("/").slice(-2);
    if (text === undefined || attribute === undefined) continue;
    const read = tree.get(device!) ?? {};
    read[attribute] ??= clean(text);
    tree.set(device!, read);
  }
  return tree;
}

/** Some hubs name their class only at an interface, `1-2:1.0`. */
function hubsByInterface(tree: Tree): Set<string> {
  const interfaces = [...tree].filter(([, read]) =>
    read.bInterfaceClass === HUB
  );
  return new Set(interfaces.map(([name]) => name.split(":")[0]!));
}

/** Undefined for one that is pulled out while it is read. */
function readDevice(
  port: string,
  read: Record<string, string>,
  hub: boolean,
): Device | undefined {
  const bus = Number(read.busnum);
  const device = Number(read.devnum);
  if (!bus || !device || !read.idVendor || !read.idProduct) return;
  return {
    port,
    bus,
    device,
    id: `${read.idVendor}:${read.idProduct}`,
    name: [read.manufacturer, read.product].filter(Boolean).join(" "),
    serial: read.serial || undefined,
    hub: hub || port.startsWith("usb") || read.bDeviceClass === HUB,
  };
}

/** The strings of a device are whatever its maker, or an attacker, wrote. */
function clean(text: string): string {
  return plainText(text, 80).trim();
}

/** `002:003`, as lsusb(8) and libvirt's messages have it. */
export function addressWord({ bus, device }: Address): string {
  return `${bus}`.padStart(3, "0") + ":" + `${device}`.padStart(3, "0");
}

export function sameAddress(one: Address, two: Address): boolean {
  return one.bus === two.bus && one.device === two.device;
}
