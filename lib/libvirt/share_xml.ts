/**
 * Directories of the host in a domain that runs, by virtiofs:
 * https://libvirt.org/kbase/virtiofs.html
 */

import { el } from "../xml/element.ts";
import { attribute, children, find, readXml } from "../xml/read.ts";
import { memoryBacking } from "./domain_xml.ts";

/** A directory that a domain has. */
export interface SharedDirectory {
  /** What the guest mounts it by; at most 36 bytes. */
  tag: string;
  /** Absolute path on the host. */
  directory: string;
  /** What libvirt starts to serve it; undefined for its own choice. */
  daemon?: string;
}

/**
 * The device as `virsh attach-device` takes it.
 *
 * There is no `<readonly/>`: libvirt before 11 refuses it. The daemon decides;
 * it makes a sandbox of its own, so that of virtiofsd is the smaller one.
 */
export function sharedDirectory(
  { tag, directory, daemon }: SharedDirectory,
): string {
  return el(
    "filesystem",
    { type: "mount", accessmode: "passthrough" },
    el("driver", { type: "virtiofs" }),
    daemon !== undefined &&
      el("binary", { path: daemon }, el("sandbox", { mode: "chroot" })),
    el("source", { dir: directory }),
    el("target", { dir: tag }),
  ).text;
}

/** All that a domain has, by its XML. */
export function readSharedDirectories(xml: string): SharedDirectory[] {
  const devices = find(readXml(xml), "devices");
  if (!devices) return [];
  return children(devices, "filesystem")
    .filter((one) => attribute(one, "driver", "type") === "virtiofs")
    .map((one) => ({
      tag: attribute(one, "target", "dir") ?? "",
      directory: attribute(one, "source", "dir") ?? "",
      daemon: attribute(one, "binary", "path"),
    }));
}

/** Whether what serves directories can map the domain's memory. */
export function hasSharedMemory(xml: string): boolean {
  const path = "memoryBacking/access";
  return attribute(readXml(xml), path, "mode") === "shared";
}

/** The domain with memory that is shared, or private, from its next start on. */
export function withSharedMemory(xml: string, shared: boolean): string {
  const bare = xml.replace(
    /\s*(<memoryBacking>[\s\S]*?<\/memoryBacking>|<memoryBacking\/>)/,
    "",
  );
  if (!shared) return bare;
  return bare.replace("<vcpu", () => `${memoryBacking().text}<vcpu`);
}
