/** File names of pacman packages, which are all that is ever published. */

export interface PackageName {
  /** Such as `gcc-libs`. */
  name: string;
  /** `[EPOCH:]VERSION-RELEASE` */
  version: string;
  /** `x86_64`, `any`. */
  architecture: string;
}

/** PKGBUILD(5) says which characters names and versions have. */
const PACKAGE =
  /^([a-z0-9@_+][A-Za-z0-9@._+-]*)-((?:[0-9]{1,9}:)?[A-Za-z0-9._+~^]+-[0-9]+(?:\.[0-9]+)?)-([a-z0-9_]+)\.pkg\.tar(?:\.(?:zst|xz|gz|bz2))?$/;

/** Undefined for a file that is no package. */
export function readPackageName(file: string): PackageName | undefined {
  // 255 is what a file system allows, and `.sig` has to fit behind it.
  if (file.length > 251) return;
  const match = PACKAGE.exec(file);
  if (!match) return;
  const [, name, version, architecture] = match;
  return { name: name!, version: version!, architecture: architecture! };
}

/** True for what would be taken for a package, had it a proper name. */
export function looksLikePackage(file: string): boolean {
  return file.includes(".pkg.tar") && !/\.(sig|part)$/.test(file);
}

/** True for what an interrupted download leaves. */
export function isLeftOver(file: string): boolean {
  return file.startsWith("download-") || file.endsWith(".part");
}
