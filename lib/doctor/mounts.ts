/**
 * Mounts of the package cache: what guests write there is no program of the
 * host, and what they see of the shared packages cannot be written.
 */

import { join } from "@std/path/posix/join";
import { DEFAULTS } from "../config/config.ts";
import { type Check, type Exam, hasSystemd, textIn } from "./exam.ts";
import { byDoctor, type Line, type Problem } from "./finding.ts";
import { shipped } from "./shipped.ts";

const UNITS = [
  "/etc/systemd/system",
  "/usr/local/lib/systemd/system",
  "/usr/lib/systemd/system",
];

interface Bind {
  id: string;
  from: string;
  at: string;
  /** Its options, and the shipped unit that makes it. */
  options: string;
  unit: string;
}

function binds({ cache }: Exam["config"]): { own: Bind; shared: Bind } {
  const own = {
    id: "cache-mount",
    from: cache.directory,
    at: cache.directory,
    options: "nosuid,nodev,noexec",
    unit: "var-lib-libvirt-filesystems-pkg.mount",
  };
  const shared = {
    id: "shared-mount",
    from: join(cache.directory, "shared"),
    at: cache.shared,
    options: "ro,nosuid,nodev,noexec",
    unit: "run-vms-shared.mount",
  };
  return { own, shared };
}

/** Options of the mount that `path` is on; with `at`, that is at `path`. */
async function mountOptions(
  { run }: Exam,
  path: string,
  how: "--target" | "--mountpoint",
): Promise<string[]> {
  const words = ["--noheadings", "--output", "OPTIONS", how, path];
  const look = { changes: false, ok: [0, 1] } as const;
  const { stdout } = await run(["findmnt", ...words], look);
  // Of mounts over each other the last is the one that is seen.
  return stdout.trim().split("\n").at(-1)!.trim().split(",");
}

async function sameDirectory(a: string, b: string): Promise<boolean> {
  try {
    const [one, other] = await Promise.all([Deno.stat(a), Deno.stat(b)]);
    return one.dev === other.dev && one.ino === other.ino;
  } catch {
    return false;
  }
}

/** Mount it now, and at every start where systemd does that. */
async function mount(exam: Exam, bind: Bind): Promise<void> {
  const { run, host } = exam;
  const { from, at, options, unit } = bind;
  const mounts: Line[] = [
    ["mkdir", "-p", at],
    ["mount", "--bind", from, at],
    ["mount", "-o", `remount,bind,${options}`, at],
  ];
  const byUnit = await hasSystemd(exam) &&
    (at === DEFAULTS.cache.shared || at === DEFAULTS.cache.directory);
  if (!byUnit) {
    for (const line of mounts) await run(line);
    return;
  }
  if (!await hasUnit(exam, bind)) {
    const target = `${host.root}/etc/systemd/system/${unit}`;
    const words = ["install", "-D", "-m", "0644", "/dev/stdin", target];
    const text = await shipped(`systemd/system/${unit}`);
    const stdin = text.replace(/^What=.*$/m, () => `What=${from}`);
    await run(words, { stdin });
  }
  await run(["systemctl", "daemon-reload"]);
  await run(["systemctl", "enable", unit]);
  await run(["systemctl", "restart", unit]);
}

async function hasUnit(exam: Exam, { from, unit }: Bind): Promise<boolean> {
  for (const directory of UNITS) {
    const text = await textIn(exam, `${directory}/${unit}`);
    // The first that is there is the one that systemd takes.
    if (text) return text.includes(`What=${from}\n`);
  }
  return false;
}

async function examine(exam: Exam): Promise<Problem[]> {
  const { own, shared } = binds(exam.config);
  const found: Problem[] = [];
  const problem = (bind: Bind, what: string, level: Problem["level"]) => {
    const cure = byDoctor(() => mount(exam, bind), true);
    found.push({ id: bind.id, kind: "host", level, what, ...cure });
  };
  const there = (path: string) => Deno.stat(path).then(() => true, () => false);
  if (await there(own.at)) {
    const options = await mountOptions(exam, own.at, "--target");
    const lacks = ["nosuid", "nodev"].filter((one) => !options.includes(one));
    if (lacks.length > 0) {
      const what = `${own.at} is mounted without ${lacks.join(", ")}: ` +
        "guests can make setuid programs and devices there";
      problem(own, what, "warning");
    }
  }
  if (shared.at === shared.from || !await there(shared.from)) return found;
  const options = await mountOptions(exam, shared.at, "--mountpoint");
  const right = await sameDirectory(shared.from, shared.at);
  if (!right || !options.includes("ro")) {
    const what = `${shared.at} is not a read-only mount of ${shared.from}`;
    problem(shared, what, "error");
  }
  return found;
}

export const mounts: Check = {
  id: "mounts",
  fine: "the package cache is mounted as it should be",
  needs: ["local"],
  examine,
};
