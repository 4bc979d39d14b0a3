/** libvirt itself: that it runs, and that this user is let in. */

import {
  type Check,
  type Exam,
  hasSystemd,
  isThere,
  textIn,
  unreachable,
} from "./exam.ts";
import { type Line, type Problem, programsOfRoot } from "./finding.ts";

const UNITS = "/usr/lib/systemd/system";

/** The one daemon for all, or where only those are there, one per driver. */
async function starting(exam: Exam): Promise<Line[]> {
  if (!await hasSystemd(exam)) return [["libvirtd", "--daemon"]];
  const enable = ["systemctl", "enable", "--now"];
  const modular = await isThere(exam, `${UNITS}/virtqemud.service`) &&
    !await isThere(exam, `${UNITS}/libvirtd.service`);
  if (!modular) return [[...enable, "libvirtd.service"]];
  const drivers = [
    "qemu",
    "network",
    "nwfilter",
    "storage",
    "nodedev",
    "secret",
  ];
  return [[...enable, ...drivers.map((name) => `virt${name}d.socket`)]];
}

async function examineService(exam: Exam): Promise<Problem[]> {
  const { virsh, run, host } = exam;
  const why = await unreachable(exam);
  if (why === undefined) return [];
  const base = { id: "libvirt", level: "error", kind: "host" } as const;
  const what = `libvirt cannot be reached at ${virsh.uri}: ${why}`;
  // Membership tells what to do against a refusal, packages where it is not there.
  if (!virsh.local || /denied|not installed/.test(why)) {
    return [{ ...base, what }];
  }
  const cure = programsOfRoot(run, await starting(exam), host.uid);
  return [{ ...base, what, ...cure }];
}

export const service: Check = {
  id: "libvirt",
  fine: "libvirt answers",
  needs: [],
  examine: examineService,
};

/** The user that is meant, and the groups this process and the user have. */
async function groupsOf({ run, host }: Exam) {
  const ask = async (...words: string[]) =>
    (await run(["id", ...words], { changes: false })).stdout.trim();
  const user = host.sudoUser ?? await ask("-un");
  const listed = (await ask("-Gn", user)).split(" ");
  const present = host.uid === 0 ? listed : (await ask("-Gn")).split(" ");
  return { user, listed, present };
}

async function examineMembership(exam: Exam): Promise<Problem[]> {
  // Without the group libvirt is not installed, which is found elsewhere.
  if (!/^libvirt:/m.test(await textIn(exam, "/etc/group"))) return [];
  const { user, listed, present } = await groupsOf(exam);
  if (user === "root" || present.includes("libvirt")) return [];
  const base = { id: "group", level: "error", kind: "host" } as const;
  if (listed.includes("libvirt")) {
    const what = `${user} is in the group libvirt since after the last login`;
    return [{ ...base, what, cure: "newgrp libvirt" }];
  }
  const join = ["usermod", "-aG", "libvirt", user];
  return [{
    ...base,
    what: `${user} is not in the group libvirt (after that: log in anew)`,
    ...programsOfRoot(exam.run, [join], exam.host.uid),
  }];
}

export const membership: Check = {
  id: "group",
  fine: "the user is in the group libvirt, or is root",
  needs: ["local"],
  examine: examineMembership,
};
