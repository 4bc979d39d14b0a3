/** What a package says of itself: alpm's `.PKGINFO`, the first file in it. */

import type { Run } from "../lib/process/run.ts";
import { printable } from "../lib/names/names.ts";
import type { PackageName } from "./package_name.ts";

/**
 * Why the package is not what its file name says; undefined where it is.
 *
 * A signature covers what is in a file and not its name: an old package under
 * the name of a new one would stop every VM that wants the new one.
 */
export async function packageFault(
  run: Run,
  file: string,
  called: PackageName,
): Promise<string | undefined> {
  const { code, stdout } = await run(
    ["bsdtar", "-xOqf", file, ".PKGINFO"],
    { changes: false, ok: [0, 1] },
  );
  if (code !== 0) return "it is not a package: it has no .PKGINFO";
  const is = readPackageInfo(stdout);
  const wrong = (["name", "version", "architecture"] as const)
    .find((key) => is[key] !== called[key]);
  if (wrong) return `its ${wrong} is ${printable(is[wrong] ?? "")}`;
}

/** Lines `key = value`. */
export function readPackageInfo(text: string): Partial<PackageName> {
  const fields = new Map(
    text.split("\n").map((line) => {
      const at = line.indexOf(" = ");
      return [line.slice(0, at), line.slice(at + 3).trim()] as const;
    }),
  );
  return {
    name: fields.get("pkgname"),
    version: fields.get("pkgver"),
    architecture: fields.get("arch"),
  };
}
