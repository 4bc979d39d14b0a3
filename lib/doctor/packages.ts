/** Programs and files of other packages. */

import { type Check, type Exam, isThere, textIn } from "./exam.ts";
import { type Line, type Problem, programsOfRoot } from "./finding.ts";

export type Distribution = "arch" | "debian";

/** What is needed, and the package that has it. */
interface Need {
  what: string;
  /** Paths of which one must be there; a bare word is a program. */
  anyOf: string[];
  arch: string;
  debian: string;
  /** What works without it does not count as wrong. */
  optional?: string;
}

const PATH = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin"];

function program(name: string, arch: string, debian: string): Need {
  return { what: name, anyOf: [name], arch, debian };
}

/** Debian names are those of Debian 12. */
const NEEDS: Need[] = [
  program("virsh", "libvirt", "libvirt-clients"),
  {
    what: "libvirtd",
    anyOf: ["libvirtd", "virtqemud"],
    arch: "libvirt",
    debian: "libvirt-daemon-system",
  },
  program("qemu-system-x86_64", "qemu-base", "qemu-system-x86"),
  program("qemu-img", "qemu-img", "qemu-utils"),
  {
    what: "virtiofsd",
    anyOf: [
      "/usr/lib/virtiofsd",
      "/usr/libexec/virtiofsd",
      "/usr/lib/qemu/virtiofsd",
      "virtiofsd",
    ],
    arch: "virtiofsd",
    debian: "qemu-system-common",
  },
  {
    what: "OVMF firmware",
    anyOf: [
      "/usr/share/edk2/x64/OVMF_CODE.4m.fd",
      "/usr/share/edk2-ovmf/x64/OVMF_CODE.fd",
      "/usr/share/OVMF/OVMF_CODE_4M.fd",
      "/usr/share/OVMF/OVMF_CODE.fd",
    ],
    arch: "edk2-ovmf",
    debian: "ovmf",
  },
  program("dnsmasq", "dnsmasq", "dnsmasq-base"),
  // libvirt's network filters are made of it.
  program("ebtables", "iptables", "iptables"),
  program("setfacl", "acl", "acl"),
  program("script", "util-linux", "bsdutils"),
  program("bsdtar", "libarchive", "libarchive-tools"),
  program("gpgv", "gnupg", "gpgv"),
  program("openssl", "openssl", "openssl"),
  {
    ...program("virt-viewer", "virt-viewer", "virt-viewer"),
    optional: "vms-spice shows no screens",
  },
  {
    what: "wl-copy or xclip",
    anyOf: ["/usr/bin/wl-copy", "/usr/bin/xclip"],
    arch: "wl-clipboard",
    debian: "wl-clipboard",
    optional: "vms-clip does not reach this host's clipboard",
  },
];

async function missing(exam: Exam, { anyOf }: Need): Promise<boolean> {
  for (const one of anyOf) {
    const paths = one.startsWith("/") ? [one] : PATH.map((p) => `${p}/${one}`);
    for (const path of paths) if (await isThere(exam, path)) return false;
  }
  return true;
}

/** By os-release(5); undefined where it is neither, nor like one of them. */
export async function distribution(
  exam: Exam,
): Promise<Distribution | undefined> {
  const text = await textIn(exam, "/etc/os-release");
  const ids = [...text.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)"?$/mg)]
    .flatMap(([, words]) => words!.split(" "));
  return (["arch", "debian"] as const).find((one) => ids.includes(one));
}

/** What installs them. */
export function installation(packages: string[], on: Distribution): Line[] {
  if (on === "arch") {
    return [["pacman", "-S", "--needed", "--noconfirm", ...packages]];
  }
  const words = ["install", "-y", "--no-install-recommends"];
  return [["apt-get", "update", "-q"], ["apt-get", ...words, ...packages]];
}

function problem(
  { run, host }: Exam,
  needs: Need[],
  on: Distribution | undefined,
): Omit<Problem, "id" | "level"> {
  const what = `not installed: ${needs.map((need) => need.what).join(", ")}`;
  if (!on) {
    const names = (which: Distribution) =>
      needs.map((need) => need[which]).join(", ");
    return {
      kind: "host",
      what: `${what} (on Arch Linux in ${names("arch")}; on Debian in ${
        names("debian")
      })`,
    };
  }
  const packages = [...new Set(needs.map((need) => need[on]))];
  const lines = installation(packages, on);
  return { kind: "host", what, ...programsOfRoot(run, lines, host.uid) };
}

async function examine(exam: Exam): Promise<Problem[]> {
  const all: Need[] = [];
  for (const need of NEEDS) if (await missing(exam, need)) all.push(need);
  const on = await distribution(exam);
  const found: Problem[] = [];
  const needed = all.filter(({ optional }) => !optional);
  if (needed.length > 0) {
    found.push({
      id: "packages",
      level: "error",
      ...problem(exam, needed, on),
    });
  }
  for (const need of all.filter(({ optional }) => optional)) {
    const { what, ...rest } = problem(exam, [need], on);
    const hint = `${what}; without it ${need.optional}`;
    const id = `package:${need.what}`;
    // Whoever wants it installs it.
    found.push({
      ...rest,
      id,
      level: "warning",
      what: hint,
      repair: undefined,
    });
  }
  return found;
}

export const packages: Check = {
  id: "packages",
  fine: "all programs are installed",
  needs: ["local"],
  examine,
};

async function examineKeyrings(exam: Exam): Promise<Problem[]> {
  const { iso, cache } = exam.config;
  const found: Problem[] = [];
  for (const path of new Set([iso.keyring, cache.keyring])) {
    if (await isThere(exam, path)) continue;
    const on = path.startsWith("/usr/share/pacman/keyrings/")
      ? await distribution(exam)
      : undefined;
    found.push({
      id: `keyring:${path}`,
      level: "error",
      kind: "host",
      what: `there is no keyring ${path} to check signatures with`,
      ...(on && programsOfRoot(
        exam.run,
        installation(["archlinux-keyring"], on),
        exam.host.uid,
      )),
    });
  }
  return found;
}

export const keyrings: Check = {
  id: "keyrings",
  fine: "the keys to check signatures with are there",
  needs: ["local"],
  examine: examineKeyrings,
};
