/** Settings: /etc/vms/vms.toml, then ~/.config/vms/vms.toml over it. */

import { join } from "@std/path/posix/join";
import { keymap, locale, timezone, user } from "../names/guest_words.ts";
import { count, memory, oneOf, size } from "../names/values.ts";
import { configHome } from "./places.ts";
import { flag, list, type Read, readToml, table, text, word } from "./toml.ts";

const FIELDS = {
  libvirt: table({ uri: text, pool: text, network: text }),
  vm: table({
    template: text,
    memory: word(memory),
    vcpus: word(count),
    home_size: word(size),
    ssh_keys: list(text),
  }),
  passwords: table({ make: flag, keyring: flag }),
  warm: table({ bake: flag }),
  guest: table({
    user: word(user),
    timezone: word(timezone),
    locale: word(locale),
    keymap: word(keymap),
  }),
  firewall: table({
    default: word(oneOf(["allow", "deny"])),
    rules: list(text),
  }),
  iso: table({
    directory: text,
    releases: text,
    mirrors: list(text),
    fingerprint: text,
    keyring: text,
  }),
  cache: table({ directory: text, shared: text, keyring: text }),
};

/** What holds where no file says otherwise. */
export const DEFAULTS = {
  libvirt: {
    uri: "qemu:///system",
    pool: "default",
    network: "vms",
  },
  vm: {
    /** What `vms-dispose` without a word starts. */
    template: "gui",
    memory: 2 * 2 ** 30,
    vcpus: 2,
    home_size: 20 * 2 ** 30,
    /** Public keys, or files of them, that let in by ssh. */
    ssh_keys: [] as string[],
  },
  passwords: {
    /** Whether a new VM is given one. */
    make: true,
    /** Kept by the desktop's keyring, and not in a file. */
    keyring: false,
  },
  warm: {
    /** Whether a new version of a template is frozen for forks: vms-warm(1). */
    bake: true,
  },
  guest: {
    user: "user",
    timezone: "UTC",
    locale: "en_US.UTF-8",
    keymap: "us",
  },
  /** What VMs may whose template has no rules: vms-firewall(1). */
  firewall: {
    default: "allow" as "allow" | "deny",
    rules: [] as string[],
  },
  iso: {
    directory: "/var/lib/libvirt/iso",
    releases: "https://archlinux.org/api/v1/releng/releases/",
    mirrors: [
      "https://fastly.mirror.pkgbuild.com",
      "https://geo.mirror.pkgbuild.com",
      "https://mirror.rackspace.com/archlinux",
    ],
    /** Pierre Schmitz, who signs the releases; archlinux.org/download. */
    fingerprint: "3E80CA1A8B89F69CBA57D98A76A5EF9054449A5C",
    /** Public keys in OpenPGP form; the one of archlinux-keyring. */
    keyring: "/usr/share/pacman/keyrings/archlinux.gpg",
  },
  cache: {
    directory: "/var/lib/libvirt/filesystems/pkg",
    /** The shared half, mounted read-only: what VMs are given. */
    shared: "/run/vms/shared",
    /** Public keys of those who sign packages. */
    keyring: "/usr/share/pacman/keyrings/archlinux.gpg",
  },
};

export type Config = typeof DEFAULTS;

/** Files that are read, in the order in which they overrule each other. */
export function configFiles(): string[] {
  return ["/etc/vms/vms.toml", join(configHome(), "vms.toml")];
}

/**
 * The settings in force. `LIBVIRT_DEFAULT_URI` is libvirt's own variable and
 * overrules the files.
 */
export async function loadConfig(): Promise<Config> {
  const config = structuredClone(DEFAULTS);
  for (const path of configFiles()) {
    overrule(config, await readIfThere(path));
  }
  config.libvirt.uri = Deno.env.get("LIBVIRT_DEFAULT_URI") ||
    config.libvirt.uri;
  return config;
}

async function readIfThere(path: string): Promise<Read<typeof FIELDS>> {
  try {
    return await readToml(path, FIELDS);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
}

function overrule(config: Config, read: Read<typeof FIELDS>) {
  for (const [name, section] of Object.entries(read)) {
    Object.assign(config[name as keyof Config], section);
  }
}
