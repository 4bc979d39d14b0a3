/** USB devices given to VMs that run, until those stop. */

import { Failure } from "../command/failure.ts";
import {
  active,
  dump,
  findListed,
  listDomains,
  type Listed,
  noSuchVm,
} from "../libvirt/domain.ts";
import { readUsbHostdevs, usbHostdev } from "../libvirt/usb_xml.ts";
import { change, type Virsh, XML_FILE } from "../libvirt/virsh.ts";
import { printable } from "../names/names.ts";
import {
  type Address,
  addressWord,
  type Device,
  devices,
  sameAddress,
} from "./device.ts";
import { parseAddress, resolve } from "./name.ts";

/** A device that a running VM has. */
export interface Attachment extends Address {
  vm: string;
}

/** A line of `vms-usb list`. */
export interface Row {
  /** Port path; of what is plugged in no longer its address, `002:003`. */
  port: string;
  id?: string;
  name: string;
  serial?: string;
  vm?: string;
  /** True for what a VM still has though it is plugged in no longer. */
  gone: boolean;
}

/** What running VMs have, also those that vms did not make. */
export async function attachments(
  virsh: Virsh,
  list: readonly Listed[],
): Promise<Attachment[]> {
  const running = list.filter(({ state }) => active(state))
    .map(({ name }) => name);
  const answers = await virsh.batch(running.map((name) => dump(name)));
  return answers.flatMap(({ ok, stdout }, i) =>
    ok
      ? readUsbHostdevs(stdout).map((one) => ({ ...one, vm: running[i]! }))
      : []
  );
}

/**
 * All devices but hubs, and what VMs have though it is gone.
 *
 * @throws {Failure} `host`, where there is no USB.
 */
export async function listDevices(virsh: Virsh, sysfs: string): Promise<Row[]> {
  refuseRemote(virsh);
  const plugged = await devices(virsh.run, sysfs);
  return rows(plugged, await attachments(virsh, await listDomains(virsh)));
}

function rows(
  plugged: readonly Device[],
  attached: readonly Attachment[],
): Row[] {
  const present = plugged.filter(({ hub }) => !hub).map((device) => {
    const { port, id, name, serial } = device;
    const vm = attached.find((one) => sameAddress(one, device))?.vm;
    return { port, id, name, serial, vm, gone: false };
  });
  const gone = stale(plugged, attached).map((one) => ({
    port: addressWord(one),
    name: "",
    vm: one.vm,
    gone: true,
  }));
  return [...present, ...gone];
}

function stale(
  plugged: readonly Device[],
  attached: readonly Attachment[],
): Attachment[] {
  return attached.filter((one) => !plugged.some((d) => sameAddress(d, one)));
}

/**
 * Give a device to a VM until that stops, or the device is pulled out.
 *
 * @throws {Failure} `missing`; `conflict` where the VM does not run or a VM
 * has the device; `host` where there is no USB.
 */
export async function attach(
  virsh: Virsh,
  { word, vm, sysfs }: { word: string; vm: string; sysfs: string },
): Promise<Device> {
  refuseRemote(virsh);
  const device = resolve(await devices(virsh.run, sysfs), word);
  const what = `cannot attach ${printable(word)}`;
  const list = await listDomains(virsh);
  const { state } = findListed(list, vm);
  if (!active(state)) {
    const why = `"${vm}" does not run`;
    throw new Failure("conflict", what, why, `vms-start ${vm}`);
  }
  const owner = (await attachments(virsh, list))
    .find((one) => sameAddress(one, device))?.vm;
  if (owner !== undefined) {
    throw new Failure(
      "conflict",
      what,
      `"${owner}" has it`,
      "vms-usb list",
    );
  }
  await changeDevice(virsh, what, "attach-device", { ...device, vm });
  return device;
}

/** Names of devices are those of this host, not of the one VMs run on. */
function refuseRemote(virsh: Virsh) {
  if (virsh.local) return;
  throw new Failure(
    "host",
    "cannot look for USB devices",
    `${virsh.uri} is another host; run vms-usb there`,
  );
}

async function changeDevice(
  virsh: Virsh,
  what: string,
  command: "attach-device" | "detach-device",
  { vm, ...address }: Attachment,
): Promise<void> {
  const words = [command, "--live", "--", vm, XML_FILE];
  const answer = await virsh.try(change(words, usbHostdev(address)));
  if (answer.ok) return;
  // Another command was quicker.
  const taken = /is in use by/.test(answer.error);
  throw new Failure(taken ? "conflict" : "failed", what, answer.error);
}

/**
 * The VM that has a device. A device that is plugged in no longer is named by
 * the address that `vms-usb list` shows.
 *
 * @throws {Failure} `missing`; `conflict` where no VM, or not that one, has it.
 */
export async function findAttached(
  virsh: Virsh,
  { word, vm, sysfs }: { word: string; vm?: string; sysfs: string },
): Promise<Attachment> {
  refuseRemote(virsh);
  const plugged = await devicesIfAny(virsh, sysfs);
  const address = parseAddress(word) ?? resolve(plugged, word);
  const list = await listDomains(virsh);
  if (vm !== undefined && !list.some(({ name }) => name === vm)) {
    throw noSuchVm(vm);
  }
  const attached = await attachments(virsh, list);
  const owners = attached.filter((one) => sameAddress(one, address));
  const owner = owners.find((one) => vm === undefined || one.vm === vm);
  if (owner) return owner;
  const others = owners.map((one) => `"${one.vm}" has it`).join(", ");
  const why = others || withoutOwner(plugged, attached, vm);
  const what = `cannot detach ${printable(word)}`;
  throw new Failure("conflict", what, why, "vms-usb list");
}

/** Take a device from the VM that has it. */
export async function detach(virsh: Virsh, owner: Attachment): Promise<void> {
  const what = `cannot detach ${addressWord(owner)} from "${owner.vm}"`;
  await changeDevice(virsh, what, "detach-device", owner);
}

/** A VM can have what is gone together with its bus. */
async function devicesIfAny({ run }: Virsh, sysfs: string): Promise<Device[]> {
  try {
    return await devices(run, sysfs);
  } catch (error) {
    if (error instanceof Failure && error.exit === "host") return [];
    throw error;
  }
}

/** Nobody has it; what was replugged has a new number, and the VM the old. */
function withoutOwner(
  plugged: readonly Device[],
  attached: readonly Attachment[],
  vm: string | undefined,
): string {
  const gone = stale(plugged, attached)
    .filter((one) => vm === undefined || one.vm === vm)
    .map((one) => `"${one.vm}" has ${addressWord(one)}`);
  return gone.length === 0
    ? vm === undefined ? "no VM has it" : `"${vm}" does not have it`
    : `no VM has it since it was plugged in; of what is gone, ${
      gone.join(", ")
    }`;
}
