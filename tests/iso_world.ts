/**
 * A small world for tests of iso/: a mirror on 127.0.0.1 with one release,
 * whose ISO is a real one, signed by a real key made for it.
 */

import { join } from "@std/path/posix/join";
import type { Failure } from "../lib/command/failure.ts";
import { silent } from "../lib/command/progress.ts";
import { realRun, type Run } from "../lib/process/run.ts";
import { type IsoConfig, isoName } from "../iso/release.ts";
import { serveFolder } from "./lab/mirror.ts";

export const VERSION = "2026.03.01";
export const NAME = isoName(VERSION);

/** Runs programs for real. */
export const run: Run = realRun({ trace: false, dryRun: false, log() {} });

/** A key of its own, with what others are given of it. */
export interface Key {
  home: string;
  fingerprint: string;
  /** Public key: binary, and armoured. */
  binary: string;
  armoured: string;
}

/** Make a key without passphrase. gpg's sockets need a short directory. */
export async function makeKey(
  name: string,
  expires = "never",
  at: string[] = [],
): Promise<Key> {
  const home = await Deno.makeTempDir({ prefix: "k-" });
  const gpg = ["gpg", "--homedir", home, "--batch", "--quiet", ...at];
  const user = `${name} <${name}@test.invalid>`;
  const words = ["--passphrase", "", "--quick-generate-key", user];
  await run([...gpg, ...words, "ed25519", "sign", expires]);
  const { stdout } = await run([...gpg, "--with-colons", "--list-keys"]);
  const [, fingerprint] = /^fpr:+([0-9A-F]{40}):/m.exec(stdout)!;
  const key = {
    home,
    fingerprint: fingerprint!,
    binary: join(home, "public.gpg"),
    armoured: join(home, "public.asc"),
  };
  await run([...gpg, "--output", key.binary, "--export"]);
  await run([...gpg, "--armor", "--output", key.armoured, "--export"]);
  return key;
}

/** Sign `file` into `signature`. */
export async function sign(
  { home }: Key,
  file: string,
  signature = `${file}.sig`,
  at: string[] = [],
): Promise<void> {
  const gpg = ["gpg", "--homedir", home, "--batch", "--quiet", "--yes", ...at];
  await run([...gpg, "--output", signature, "--detach-sign", file]);
}

/** End gpg's agent and remove the key. */
export async function dropKey({ home }: Key): Promise<void> {
  await run(["gpgconf", "--homedir", home, "--kill", "all"]);
  await Deno.remove(home, { recursive: true });
}

export const ENTRY = `title    Arch Linux install medium (x86_64, UEFI)
sort-key 01
linux    /arch/boot/x86_64/vmlinuz-linux
initrd   /arch/boot/x86_64/initramfs-linux.img
options  archisobasedir=arch archisosearchuuid=2026-03-01-10-00-00-00
`;

/** An ISO with files where the official one has them. */
export async function makeIso(
  path: string,
  files: Record<string, string | Uint8Array> = isoFiles(),
): Promise<void> {
  const tree = await Deno.makeTempDir({ prefix: "vms-iso-tree-" });
  for (const [name, content] of Object.entries(files)) {
    const at = join(tree, name);
    await Deno.mkdir(join(at, ".."), { recursive: true });
    const bytes = new TextEncoder();
    await Deno.writeFile(
      at,
      typeof content === "string" ? bytes.encode(content) : content,
    );
  }
  const how = ["-quiet", "-R", "-V", "ARCH_202603", "-o", path];
  await run(["xorriso", "-as", "mkisofs", ...how, tree]);
  await Deno.remove(tree, { recursive: true });
}

function isoFiles() {
  const noise = new Uint8Array(700_000);
  for (let at = 0; at < noise.length; at += 50_000) {
    crypto.getRandomValues(noise.subarray(at, at + 50_000));
  }
  return {
    "loader/entries/01-archiso-linux.conf": ENTRY,
    "arch/boot/x86_64/vmlinuz-linux": noise.subarray(0, 200_000),
    "arch/boot/x86_64/initramfs-linux.img": noise.subarray(200_000),
    "arch/version": VERSION,
  };
}

/** Its mirror; faults are those of the lab's mirror. */
export class World implements AsyncDisposable {
  /** Lines of the mirror's log: method, status, bytes, path. */
  readonly log: string[] = [];
  readonly said: string[] = [];
  #server: Deno.HttpServer<Deno.NetAddr>;

  private constructor(
    readonly root: string,
    readonly key: Key,
    readonly stranger: Key,
  ) {
    const log = (line: string) =>
      this.log.push(line.split("\t").slice(1).join(" "));
    this.#server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      serveFolder(join(root, "mirror"), log),
    );
  }

  static async make(): Promise<World> {
    const root = await Deno.makeTempDir({ prefix: "vms-iso-world-" });
    const keys = await Promise.all([makeKey("release"), makeKey("stranger")]);
    const world = new World(root, ...keys);
    await Deno.mkdir(join(world.served, ".."), { recursive: true });
    await makeIso(world.served);
    await sign(world.key, world.served);
    await world.publish();
    return world;
  }

  /** The ISO on the mirror. */
  get served(): string {
    return join(this.root, "mirror/iso", VERSION, NAME);
  }

  /** Where `fetch` puts it. */
  get path(): string {
    return join(this.config().directory, NAME);
  }

  /** Base URL of the mirror, with a fault such as `/fault/404`. */
  url(fault = ""): string {
    return `http://127.0.0.1:${this.#server.addr.port}${fault}`;
  }

  config(overrule: Partial<IsoConfig> = {}): IsoConfig {
    return {
      directory: join(this.root, "kept"),
      releases: `${this.url()}/api/`,
      mirrors: [this.url()],
      fingerprint: this.key.fingerprint,
      keyring: this.key.binary,
      ...overrule,
    };
  }

  get context() {
    const say = (line: string) => void this.said.push(line);
    return { run, progress: silent, say, dryRun: false };
  }

  /** Write the list of releases for what is served. */
  async publish(overrule: Record<string, unknown> = {}): Promise<void> {
    const [sha256, b2] = await Promise.all(["sha256sum", "b2sum"].map(
      async (program) => (await run([program, this.served])).stdout,
    ));
    const release = {
      version: VERSION,
      release_date: "2026-03-01",
      kernel_version: "6.18.3",
      sha256_sum: sha256!.split(" ")[0],
      b2_sum: b2!.split(" ")[0],
      available: true,
      ...overrule,
    };
    const list = { version: 1, releases: [release], latest_version: VERSION };
    await Deno.mkdir(join(this.root, "mirror/api"), { recursive: true });
    const at = join(this.root, "mirror/api/index.json");
    await Deno.writeTextFile(at, JSON.stringify(list));
  }

  /** Answers with the ISO, such as `200 1054720` or `206 54720`. */
  get transfers(): string[] {
    return this.log.filter((line) => line.endsWith(".iso"))
      .map((line) => line.split(" ").slice(1, 3).join(" "));
  }

  /** Names in the directory of ISOs. */
  async kept(): Promise<string[]> {
    const { directory } = this.config();
    const names = [];
    for await (const { name } of Deno.readDir(directory)) names.push(name);
    return names.sort();
  }

  /** Forget what was fetched, served and said. */
  async reset(): Promise<void> {
    this.log.length = 0;
    this.said.length = 0;
    await Deno.remove(this.config().directory, { recursive: true })
      .catch(() => {});
  }

  async [Symbol.asyncDispose]() {
    await this.#server.shutdown();
    await dropKey(this.key);
    await dropKey(this.stranger);
    await Deno.remove(this.root, { recursive: true });
  }
}

/** The failure as `exit: message`, and what is to be tried. */
export async function failureOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    const { exit, message, hint } = error as Failure;
    if (exit === undefined) throw error;
    return `${exit}: ${message}${hint ? ` / ${hint}` : ""}`;
  }
  throw new Error("it did not fail");
}
