/** The one writer of domain XML: https://libvirt.org/formatdomain.html */

import { AGENT_PORTS, agentSocket } from "../config/places.ts";
import { el, type Xml } from "../xml/element.ts";
import { commandLine, type MemoryFile, QEMU_NAMESPACE } from "./memory_file.ts";
import { type Metadata, metadataXml, titleOf } from "./metadata.ts";
import { cardXml, type NetworkCard } from "./network_card.ts";

export interface Disk {
  /** Absolute path of the image on the host. */
  path: string;
  /** Name in the guest: /dev/disk/by-id/virtio-SERIAL. */
  serial: string;
  format?: "qcow2" | "raw";
  readonly?: boolean;
  /**
   * A write that fails, as on a full host, is the guest's to handle. Without,
   * QEMU pauses the VM until there is space: right for VMs of daily use.
   */
  reportErrors?: boolean;
  /** The layer is thrown away anyway: flushing it would be wasted. */
  disposable?: boolean;
}

/**
 * A directory of the host, for the guest to mount by its tag. The guest can
 * write to it, unless it lies on a read-only mount of the host: `<readonly/>`
 * needs libvirt 11.
 */
export interface Share {
  tag: string;
  directory: string;
}

/** Kernel of an ISO, loaded by QEMU itself. Paths on the host. */
export interface DirectBoot {
  kernel: string;
  initrd: string;
  cmdline: string;
}

export interface DomainSpec {
  name: string;
  uuid: string;
  metadata: Metadata;
  /** `kvm`, or `qemu` for emulation. */
  type: "kvm" | "qemu";
  /** Bytes. */
  memory: number;
  vcpus: number;
  disks: Disk[];
  /** Undefined: no network card. */
  network?: NetworkCard;
  /** Credentials for systemd, by SMBIOS: systemd.system-credentials(7). */
  credentials?: Record<string, string>;
  /**
   * Path of a file with secret ones. The domain names the file alone: all who
   * may look at libvirt or at the list of processes see the others.
   */
  credentialsFile?: string;
  shares?: Share[];
  /** Let it be given directories while it runs: `share_xml.ts`. */
  sharedMemory?: boolean;
  boot?: DirectBoot;
  /** Path of the firmware's variables, made at the first start. */
  nvram?: string;
  /** Memory in a file, so that it can be frozen and forked. */
  memoryFile?: MemoryFile;
  onReboot: "restart" | "destroy";
}

/** Slots for what is plugged in later: a q35 machine has one of its own. */
const HOTPLUG_PORTS = 10;

/** The domain as `virsh define` and `virsh create` take it. */
export function domainXml(spec: DomainSpec): string {
  const { memoryFile } = spec;
  return el(
    "domain",
    { type: spec.type, "xmlns:qemu": memoryFile && QEMU_NAMESPACE },
    el("name", {}, spec.name),
    el("uuid", {}, spec.uuid),
    // A guest that is forked learns by it that it is another one now.
    memoryFile && el("genid"),
    el("title", {}, titleOf(spec.metadata)),
    el("metadata", {}, metadataXml(spec.metadata)),
    el("memory", { unit: "KiB" }, Math.ceil(spec.memory / 1024)),
    (spec.sharedMemory || (spec.shares ?? []).length > 0) && memoryBacking(),
    el("vcpu", {}, spec.vcpus),
    sysinfo(spec),
    spec.credentialsFile !== undefined && credentialsFile(spec.credentialsFile),
    os(spec),
    el("features", {}, el("acpi"), el("apic"), emulation(spec)),
    el("cpu", { mode: spec.type === "kvm" ? "host-passthrough" : "maximum" }),
    clock(),
    el("on_poweroff", {}, "destroy"),
    el("on_reboot", {}, spec.onReboot),
    el("on_crash", {}, "destroy"),
    el("pm", {}, el("suspend-to-mem", { enabled: "no" })),
    devices(spec),
    memoryFile && commandLine(memoryFile, spec.memory),
  ).text;
}

/** virtiofsd maps the guest's memory, so it must be shared. */
export function memoryBacking(): Xml {
  return el(
    "memoryBacking",
    {},
    el("source", { type: "memfd" }),
    el("access", { mode: "shared" }),
  );
}

function sysinfo({ credentials = {} }: DomainSpec): Xml | false {
  const entries = credentialEntries(credentials);
  return entries.length > 0 &&
    el("sysinfo", { type: "smbios" }, el("oemStrings", {}, entries));
}

/** SMBIOS type 11: systemd.system-credentials(7). */
export function credentialEntries(credentials: Record<string, string>): Xml[] {
  return Object.entries(credentials).map(([name, value]) =>
    el("entry", {}, `io.systemd.credential:${name}=${value}`)
  );
}

/**
 * The credential `vms.credentials`, from a file by QEMU's fw_cfg: systemd takes
 * it like those of SMBIOS, but its value stands in no XML and in no argv.
 */
export function credentialsFile(path: string): Xml {
  const name = "opt/io.systemd.credentials/vms.credentials";
  return el("sysinfo", { type: "fwcfg" }, el("entry", { name, file: path }));
}

function os({ boot, credentials, nvram }: DomainSpec): Xml {
  return el(
    "os",
    boot ? {} : { firmware: "efi" },
    el("type", { arch: "x86_64", machine: "q35" }, "hvm"),
    // Firmware with Secure Boot refuses the unsigned systemd-boot.
    !boot && el(
      "firmware",
      {},
      el("feature", { enabled: "no", name: "secure-boot" }),
    ),
    nvram !== undefined && el("nvram", {}, nvram),
    boot && [
      el("kernel", {}, boot.kernel),
      el("initrd", {}, boot.initrd),
      el("cmdline", {}, boot.cmdline),
    ],
    !boot && el("boot", { dev: "hd" }),
    credentials && Object.keys(credentials).length > 0 &&
      el("smbios", { mode: "sysinfo" }),
  );
}

/** Else what it has translated takes up more than the guest's memory. */
function emulation({ type }: DomainSpec): Xml | false {
  const cache = () => el("tb-cache", { unit: "MiB" }, 128);
  return type === "qemu" && el("tcg", {}, cache());
}

function clock(): Xml {
  return el(
    "clock",
    { offset: "utc" },
    el("timer", { name: "rtc", tickpolicy: "catchup" }),
    el("timer", { name: "pit", tickpolicy: "delay" }),
    el("timer", { name: "hpet", present: "no" }),
  );
}

function devices(spec: DomainSpec): Xml {
  const ports = Array.from(
    { length: HOTPLUG_PORTS },
    (_, i) =>
      el("controller", { type: "pci", index: i + 1, model: "pcie-root-port" }),
  );
  return el(
    "devices",
    {},
    el("controller", { type: "pci", index: 0, model: "pcie-root" }),
    ports,
    el("controller", { type: "usb", model: "qemu-xhci", ports: 15 }),
    el("controller", { type: "virtio-serial" }),
    spec.disks.map(disk),
    (spec.shares ?? []).map(filesystem),
    spec.network && cardXml(spec.network),
    console_(),
    guestAgentChannel(),
    agentChannels(spec.name),
    screen(spec.metadata),
    el(
      "rng",
      { model: "virtio" },
      el("backend", { model: "random" }, "/dev/urandom"),
    ),
    // What it gave back would be lost to all forks.
    spec.memoryFile ? el("memballoon", { model: "none" }) : el("memballoon", {
      model: "virtio",
      // A guest that needs what was taken from it takes it back.
      autodeflate: "on",
      freePageReporting: "on",
    }),
  );
}

export function disk(given: Disk, place: number): Xml {
  const { path, serial, format = "qcow2", readonly, disposable } = given;
  return el(
    "disk",
    { type: "file", device: "disk" },
    el("driver", {
      name: "qemu",
      type: format,
      cache: disposable ? "unsafe" : undefined,
      error_policy: given.reportErrors ? "report" : undefined,
      discard: "unmap",
    }),
    el("source", { file: path }),
    el("target", { dev: `vd${"abcdefgh"[place]}`, bus: "virtio" }),
    readonly && el("readonly"),
    el("serial", {}, serial),
  );
}

export function filesystem(share: Share): Xml {
  return el(
    "filesystem",
    { type: "mount", accessmode: "passthrough" },
    el("driver", { type: "virtiofs" }),
    el("source", { dir: share.directory }),
    el("target", { dir: share.tag }),
  );
}

function console_(): Xml[] {
  return [
    el("serial", { type: "pty" }, el("target", { port: 0 })),
    el("console", { type: "pty" }, el("target", { type: "serial", port: 0 })),
  ];
}

function guestAgentChannel(): Xml {
  const name = "org.qemu.guest_agent.0";
  return el(
    "channel",
    { type: "unix" },
    el("target", { type: "virtio", name }),
  );
}

/** In a directory of our own: libvirt's is closed to ordinary users. */
function agentChannels(vm: string): Xml[] {
  return Array.from({ length: AGENT_PORTS }, (_, port) =>
    el(
      "channel",
      { type: "unix" },
      el("source", { mode: "bind", path: agentSocket(vm, port) }),
      el("target", { type: "virtio", name: `org.vms.agent.${port}` }),
    ));
}

/**
 * SPICE that listens nowhere: viewers are let in by libvirt. Its own clipboard
 * and file transfer are off, because the guest is not trusted, unless its recipe says
 * otherwise.
 */
function screen({ spice = [] }: Metadata): Xml[] {
  const clipboard = spice.includes("clipboard") ? "yes" : "no";
  const files = spice.includes("files") ? "yes" : "no";
  return [
    el(
      "graphics",
      { type: "spice" },
      el("listen", { type: "none" }),
      el("clipboard", { copypaste: clipboard }),
      el("filetransfer", { enable: files }),
    ),
    el(
      "channel",
      { type: "spicevmc" },
      el("target", {
        type: "virtio",
        name: "com.redhat.spice.0",
      }),
    ),
    el("video", {}, el("model", { type: "virtio", heads: 1 })),
    el("input", { type: "tablet", bus: "usb" }),
    el("audio", { id: 1, type: "none" }),
  ];
}
