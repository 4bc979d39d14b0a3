/**
 * Builds the toolkit: one executable, vms, and a hard link to it for every
 * command, so that twenty names take the room of one. Deno downloads the
 * runtime part, or takes the one that DENORT_BIN names.
 *
 *   build.ts [FOLDER]     dist when not given
 */

export type Grant = boolean | string[];
export type Permissions = Record<string, Grant>;

const KINDS = ["read", "write", "net", "env", "sys", "run", "ffi", "import"];

/**
 * What a process may do that can become any of the commands. Only grants are
 * joined: what one command is denied another may need.
 */
export function join(
  sets: Record<string, Record<string, unknown>>,
): Permissions {
  const union: Permissions = {};
  for (const [name, set] of Object.entries(sets)) {
    for (const [kind, value] of Object.entries(set)) {
      if (!KINDS.includes(kind)) {
        throw new Error(`permission set "${name}": unknown key "${kind}"`);
      }
      const grant = granted(value, `permission set "${name}", ${kind}`);
      const before = union[kind] ?? false;
      union[kind] = before === true || grant === true
        ? true
        : [...new Set([...(before || []), ...(grant || [])])].sort();
    }
  }
  return union;
}

function granted(value: unknown, where: string): Grant {
  const allow = typeof value === "object" && value !== null && "allow" in value
    ? value.allow
    : value;
  if (allow === undefined) return false;
  if (typeof allow === "boolean") return allow;
  if (Array.isArray(allow) && allow.every((item) => typeof item === "string")) {
    return allow;
  }
  throw new Error(`${where}: neither true, false nor a list`);
}

export function flags(permissions: Permissions): string[] {
  return KINDS.flatMap((kind) => {
    const grant = permissions[kind];
    if (grant === true) return [`--allow-${kind}`];
    return grant && grant.length > 0
      ? [`--allow-${kind}=${grant.join(",")}`]
      : [];
  });
}

async function build(folder: string) {
  const { permissions } = JSON.parse(await Deno.readTextFile("deno.json"));
  if (!permissions) throw new Error('deno.json has no "permissions"');
  await Deno.mkdir(folder, { recursive: true });
  for (const entry of Deno.readDirSync(folder)) {
    if (/^vms(-|$)/.test(entry.name)) {
      await Deno.remove(`${folder}/${entry.name}`);
    }
  }

  const { success } = await new Deno.Command("deno", {
    args: [
      "compile",
      "--quiet",
      "--frozen",
      "--no-check",
      "--no-prompt",
      "--exclude-unused-npm",
      ...flags(join(permissions)),
      "--include=guest",
      "--include=share/systemd",
      "--include=share/tmpfiles.d",
      ...commands().map((name) => `--include=bin/${name}.ts`),
      `--output=${folder}/vms`,
      "bin/vms.ts",
    ],
  }).spawn().status;
  if (!success) {
    throw new Error(
      "deno compile failed; DENORT_BIN may name a runtime where it cannot be downloaded",
    );
  }

  for (const name of commands()) {
    await Deno.link(`${folder}/vms`, `${folder}/${name}`);
  }
}

function commands(): string[] {
  return Array.from(Deno.readDirSync("bin"))
    .map((entry) => /^(vms-[a-z-]+)\.ts$/.exec(entry.name)?.[1])
    .filter((name) => name !== undefined)
    .sort();
}

if (import.meta.main) {
  try {
    await build(Deno.args[0] ?? "dist");
  } catch (error) {
    console.error(`build: ${error instanceof Error ? error.message : error}`);
    Deno.exit(1);
  }
}
