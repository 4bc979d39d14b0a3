/** Directories of the host, who may write there, and that they come back. */

import { join } from "@std/path/posix/join";
import { AGENT_DIRECTORY } from "../config/places.ts";
import { DEFAULTS } from "../config/config.ts";
import type { Run } from "../process/run.ts";
import { type Check, type Exam, isThere, textIn } from "./exam.ts";
import {
  byDoctor,
  type Line,
  type Problem,
  programsOfRoot,
} from "./finding.ts";
import { shipped } from "./shipped.ts";

interface Directory {
  path: string;
  mode: number;
  /** False for one that somebody chose: its owner and mode are theirs. */
  ours: boolean;
  /** The group may also use what QEMU makes in it, under its own user. */
  open?: boolean;
}

/** The entry of an ACL that does that: acl(5). */
const OPEN = "default:group:libvirt:rwx";

/** All belong to root and the group libvirt, which new files in them inherit. */
function directories({ config }: Exam): Directory[] {
  const { iso, cache } = config;
  const ours = cache.directory === DEFAULTS.cache.directory;
  return [
    { path: "/run/vms", mode: 0o2770, ours: true },
    { path: "/run/vms/lock", mode: 0o2770, ours: true },
    { path: AGENT_DIRECTORY, mode: 0o2770, ours: true, open: true },
    {
      path: iso.directory,
      mode: 0o2775,
      ours: iso.directory === DEFAULTS.iso.directory,
    },
    { path: cache.directory, mode: 0o2770, ours },
    { path: join(cache.directory, "shared"), mode: 0o2775, ours },
  ];
}

async function wrong(
  { host, run }: Exam,
  { path, mode, ours, open }: Directory,
  group: number,
): Promise<string | undefined> {
  try {
    const info = await Deno.stat(host.root + path);
    if (!info.isDirectory) return "is not a directory";
    if (!ours) return;
    if (info.uid !== 0) return "does not belong to root";
    if (info.gid !== group) return "does not belong to the group libvirt";
    const has = info.mode! & 0o7777;
    if (has !== mode) return `has mode ${octal(has)}, not ${octal(mode)}`;
    if (open && !await isOpen(run, host.root + path)) {
      return "does not let the group libvirt use what QEMU makes there";
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "is not there";
    // Only members of the group may look into some of them.
    if (error instanceof Deno.errors.PermissionDenied) return;
    throw error;
  }
}

async function isOpen(run: Run, path: string): Promise<boolean> {
  const argv = ["getfacl", "--omit-header", "--absolute-names", "--", path];
  // Without getfacl the check of packages says so.
  const answer = await run(argv, { changes: false }).catch(() => undefined);
  return answer?.stdout.split("\n").includes(OPEN) ?? false;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

async function examine(exam: Exam): Promise<Problem[]> {
  const group = /^libvirt:[^:]*:(\d+):/m.exec(await textIn(exam, "/etc/group"));
  // libvirt's package makes the group, and is found missing elsewhere.
  if (!group) return [];
  const { run, host } = exam;
  const found: Problem[] = [];
  for (const directory of directories(exam)) {
    const { path, mode, ours } = directory;
    const what = await wrong(exam, directory, Number(group[1]));
    if (!what) continue;
    const as = ["-o", "root", "-g", "libvirt", "-m", octal(mode)];
    const place = host.root + path;
    const lines: Line[] = [["install", "-d", ...(ours ? as : []), place]];
    if (directory.open) lines.push(["setfacl", "-m", OPEN, place]);
    found.push({
      id: `directory:${path}`,
      level: "error",
      kind: "host",
      what: `${path} ${what}`,
      ...programsOfRoot(run, lines, host.uid),
    });
  }
  return found;
}

export const places: Check = {
  id: "directories",
  fine: "all directories are there, with the right owner and mode",
  needs: ["local"],
  examine,
};

const TMPFILES = [
  "/etc/tmpfiles.d",
  "/usr/local/lib/tmpfiles.d",
  "/usr/lib/tmpfiles.d",
];

async function examineTmpfiles(exam: Exam): Promise<Problem[]> {
  for (const directory of TMPFILES) {
    if (await isThere(exam, `${directory}/vms.conf`)) return [];
  }
  const { run, host } = exam;
  const target = `${host.root}/etc/tmpfiles.d/vms.conf`;
  const write = async () => {
    const words = ["install", "-D", "-m", "0644", "/dev/stdin", target];
    await run(words, { stdin: await shipped("tmpfiles.d/vms.conf") });
  };
  return [{
    id: "tmpfiles",
    level: "error",
    kind: "host",
    what: "/run/vms will not be there after a reboot: no tmpfiles.d names it",
    ...byDoctor(write, true),
  }];
}

export const tmpfiles: Check = {
  id: "tmpfiles",
  fine: "/run/vms comes back after a reboot",
  needs: ["local", "systemd"],
  examine: examineTmpfiles,
};
