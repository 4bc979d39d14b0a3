/**
 * A small world for tests of cache/: a cache in a directory of its own, real
 * keys, and real packages made with bsdtar and zstd.
 */

import { join } from "@std/path/posix/join";
import type { Config } from "../lib/config/config.ts";
import { dropKey, type Key, makeKey, run, sign } from "./iso_world.ts";

export interface PackageSpec {
  name?: string;
  version?: string;
  architecture?: string;
  /** File name, where it is not the one that belongs to it. */
  file?: string;
  /** Undefined signs with the trusted key, null not at all. */
  key?: Key | null;
}

export class CacheWorld implements AsyncDisposable {
  private constructor(
    readonly root: string,
    readonly key: Key,
    readonly stranger: Key,
    readonly revoked: Key,
  ) {}

  static async make(): Promise<CacheWorld> {
    const root = await Deno.makeTempDir({ prefix: "vms-cache-" });
    const names = ["packager", "stranger", "revoked"];
    const keys = await Promise.all(names.map((name) => makeKey(name)));
    const world = new CacheWorld(root, keys[0]!, keys[1]!, keys[2]!);
    const { keyring } = world.config;
    const [packager, , revoked] = await Promise.all(
      keys.map(({ binary }) => Deno.readFile(binary)),
    );
    await Deno.writeFile(keyring, new Uint8Array([...packager!, ...revoked!]));
    await Deno.writeTextFile(
      keyring.replace(/\.gpg$/, "-revoked"),
      `${world.revoked.fingerprint}\n`,
    );
    await Deno.mkdir(world.own("web"), { recursive: true });
    await Deno.mkdir(world.shared);
    return world;
  }

  get config(): Config["cache"] {
    return {
      directory: join(this.root, "pkg"),
      shared: join(this.root, "pkg/shared"),
      keyring: join(this.root, "test.gpg"),
    };
  }

  get shared(): string {
    return join(this.root, "pkg/shared");
  }

  own(vm: string): string {
    return join(this.root, "pkg", vm);
  }

  /** Make a package in `directory`; its file name is handed back. */
  async pack(directory: string, spec: PackageSpec = {}): Promise<string> {
    const { name = "hello", version = "1.0-1", architecture = "any" } = spec;
    const file = spec.file ?? `${name}-${version}-${architecture}.pkg.tar.zst`;
    const tree = await Deno.makeTempDir({ dir: this.root });
    const info =
      `pkgname = ${name}\npkgver = ${version}\narch = ${architecture}\n`;
    await Deno.writeTextFile(join(tree, ".PKGINFO"), info);
    await Deno.writeTextFile(join(tree, "data"), `${name} ${version}\n`);
    const path = join(directory, file);
    await run([
      "bsdtar",
      "--zstd",
      "-cf",
      path,
      "-C",
      tree,
      ".PKGINFO",
      "data",
    ]);
    await Deno.remove(tree, { recursive: true });
    if (spec.key !== null) await sign(spec.key ?? this.key, path);
    return file;
  }

  /** Names in a directory, private ones too. */
  async names(directory: string): Promise<string[]> {
    const entries = await Array.fromAsync(Deno.readDir(directory));
    return entries.map(({ name }) => name).sort();
  }

  async reset(): Promise<void> {
    for (const directory of [this.own("web"), this.shared]) {
      await Deno.remove(directory, { recursive: true });
      await Deno.mkdir(directory);
    }
  }

  async [Symbol.asyncDispose]() {
    await Promise.all([this.key, this.stranger, this.revoked].map(dropKey));
    await Deno.remove(this.root, { recursive: true });
  }
}
