/** The page of the toolkit as a whole, vms(1). */

import { type Config, DEFAULTS } from "../config/config.ts";
import { humanSize } from "../names/values.ts";
import type { Command } from "./declaration.ts";
import { exitTerms } from "./man.ts";
import * as roff from "./roff.ts";

type Meanings = {
  [S in keyof Config]: { [K in keyof Config[S]]: string };
};

/** Keys of the settings file, and what they mean. */
const SETTINGS: Meanings = {
  libvirt: {
    uri: "connection of virsh(1); LIBVIRT_DEFAULT_URI overrules it",
    pool: "storage pool that disk images live in",
    network: "network that VMs are connected to",
  },
  vm: {
    template: "template of a disposable for which none is named",
    memory: "memory of a new VM",
    vcpus: "processors of a new VM",
    home_size: "size to which the home disk of an AppVM can grow",
    ssh_keys: "public ssh keys, or files of them, that new VMs let in",
  },
  passwords: {
    make: "whether new VMs are given a random password",
    keyring: "whether the desktop's keyring keeps them, not files",
  },
  warm: {
    bake: "freeze new versions of templates, so that VMs need not boot",
  },
  guest: {
    user: "name of the user in a VM",
    timezone: "time zone, as in /usr/share/zoneinfo",
    locale: "locale, as in /etc/locale.gen",
    keymap: "keyboard of the console, for vconsole.conf(5)",
  },
  firewall: {
    default: "what a VM may do that no rule is about: allow or deny",
    rules: "rules of VMs whose template has none, as vms-firewall takes them",
  },
  iso: {
    directory: "where installation ISOs are kept",
    releases: "where Arch Linux tells what it has released",
    mirrors: "where ISOs are fetched from, tried in this order",
    fingerprint: "key that must have signed the ISO",
    keyring: "file with that key, in OpenPGP form",
  },
  cache: {
    directory: "shared pacman cache on the host",
    shared: "the half of it that all VMs are given, read-only",
    keyring: "file with the keys of those who sign packages",
  },
};

const FILES: [path: string, says: string][] = [
  ["/etc/vms/vms.toml", "settings of the host"],
  ["~/.config/vms/vms.toml", "settings of the user, which overrule those"],
  ["/etc/vms/recipes/", "recipes of the host, for all users and the timer"],
  ["~/.config/vms/recipes/", "recipes of the user, which overrule those"],
  ["~/.local/state/vms/", "transcripts of installations"],
  ["~/.local/state/vms/passwords/", "passwords of VMs"],
  ["/run/vms/", "locks, and what running commands share"],
  ["/var/lib/libvirt/images/", "disk images, a libvirt storage pool"],
  ["/var/lib/libvirt/iso/", "installation ISOs"],
  [
    "/var/lib/libvirt/filesystems/pkg/",
    "pacman cache: shared/ for all VMs, and a directory for each VM's own",
  ],
];

const ENVIRONMENT: [name: string, says: string][] = [
  ["LIBVIRT_DEFAULT_URI", "the connection, such as qemu+ssh://host/system"],
  ["NO_COLOR", "no colour on a terminal"],
  [
    "XDG_CONFIG_HOME, XDG_STATE_HOME",
    "in the place of ~/.config, ~/.local/state",
  ],
  ["XDG_RUNTIME_DIR", "where locks are taken when /run/vms is not there"],
  ["VMS_DENO", "the Deno that commands of a source checkout are run by"],
];

const DESCRIPTION = [
  "vms splits one Arch Linux computer into many small isolated virtual " +
  "machines on libvirt, QEMU and KVM. A template is installed unattended and " +
  "its versions never change; a clone of it is an empty layer and takes a " +
  "fraction of a second; a disposable is gone when it stops.",
  "Each command stands for itself. Names go to standard output, one per " +
  'line, and come as operands or, with "-", from standard input, so that ' +
  "commands pipe. Words for people go to standard error.",
  '"vms clone" is "vms-clone", and so for every command.',
];

/** The source of vms(1). */
export function overviewPage(commands: Command[], version: string): string {
  const terms = (rows: [string, string][]) =>
    rows.flatMap(([word, says]) => roff.term(word, says));
  return [
    '.\\" Generated: deno task pages',
    roff.title("vms", 1, version),
    ...roff.section("NAME", ["vms \\- many small isolated Arch Linux VMs"]),
    ...roff.section("SYNOPSIS", roff.verbatim(["vms COMMAND [WORD]..."])),
    ...roff.section("DESCRIPTION", roff.paragraphs(DESCRIPTION)),
    ...roff.section(
      "COMMANDS",
      commands.flatMap(({ name, summary }) => [
        ".TP",
        `${roff.bold(name)}(1)`,
        roff.escapeRoff(summary),
      ]),
    ),
    ...roff.section("EXIT STATUS", exitTerms()),
    ...roff.section("ENVIRONMENT", terms(ENVIRONMENT)),
    ...roff.section("FILES", terms(FILES)),
    ...roff.section("SETTINGS", settings()),
    "",
  ].join("\n");
}

function settings(): string[] {
  const lines = roff.paragraphs([
    "TOML. All keys may be left out; an unknown one is refused.",
  ]);
  for (const [table, keys] of Object.entries(SETTINGS)) {
    const presets: Record<string, unknown> = DEFAULTS[table as keyof Config];
    const terms = Object.entries(keys).flatMap(([key, says]) =>
      roff.term(key, `${says} (default ${preset(key, presets[key])})`)
    );
    lines.push(...roff.subsection(`[${table}]`, terms));
  }
  return lines;
}

function preset(key: string, value: unknown): string {
  const bytes = key === "memory" || key === "home_size";
  if (bytes) return humanSize(value as number);
  return [value].flat().join(", ") || "none";
}
