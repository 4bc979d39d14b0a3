/**
 * USB devices of the host in a domain:
 * https://libvirt.org/formatdomain.html#usb-pci-scsi-devices
 */

import { el } from "../xml/element.ts";
import { attribute, children, find, readXml } from "../xml/read.ts";

/** Bus and device number, both from 1. */
export interface UsbAddress {
  bus: number;
  device: number;
}

/**
 * The device at an address. Vendor and product would be ambiguous where two
 * of a kind are plugged in.
 */
export function usbHostdev({ bus, device }: UsbAddress): string {
  return el(
    "hostdev",
    { mode: "subsystem", type: "usb", managed: "yes" },
    el("source", {}, el("address", { bus, device })),
  ).text;
}

/** Addresses of the devices that a running domain has, by its XML. */
export function readUsbHostdevs(xml: string): UsbAddress[] {
  const devices = find(readXml(xml), "devices");
  if (!devices) return [];
  return children(devices, "hostdev")
    .filter(({ attributes }) => attributes.type === "usb")
    .map((hostdev) => ({
      bus: Number(attribute(hostdev, "source/address", "bus")),
      device: Number(attribute(hostdev, "source/address", "device")),
    }))
    .filter(({ bus, device }) => bus > 0 && device > 0);
}
