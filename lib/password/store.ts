/**
 * Where the passwords of VMs are kept on the host: a file for each that only
 * its user reads, or the keyring of the desktop by secret-tool(1).
 */

import { join } from "@std/path/posix/join";
import { Failure } from "../command/failure.ts";
import { stateHome } from "../config/places.ts";
import type { Run } from "../process/run.ts";

export interface PasswordStore {
  /** Undefined where this user has none of that VM. */
  read(vm: string): Promise<string | undefined>;
  write(vm: string, password: string): Promise<void>;
  /** Safe where there is none. */
  forget(vm: string): Promise<void>;
}

export interface StoreOptions {
  keyring: boolean;
  /** The connection that the VMs belong to; undefined for this host's own. */
  uri?: string;
}

export function passwordStore(
  run: Run,
  { keyring, uri }: StoreOptions,
): PasswordStore {
  return keyring ? new Keyring(run, uri) : new Files(run, uri);
}

/** `~/.local/state/vms/passwords/NAME`, 0600 in a directory of 0700. */
class Files implements PasswordStore {
  readonly directory: string;

  constructor(readonly run: Run, uri?: string) {
    const own = join(stateHome(), "passwords");
    this.directory = uri ? join(own, encodeURIComponent(uri)) : own;
  }

  async read(vm: string): Promise<string | undefined> {
    try {
      return (await Deno.readTextFile(this.#path(vm))).replace(/\n$/, "");
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      throw error;
    }
  }

  async write(vm: string, password: string) {
    if (this.#skips("install -m 600 /dev/stdin", vm)) return;
    await Deno.mkdir(this.directory, { recursive: true, mode: 0o700 });
    // Whole or not at all, and never readable by others.
    const path = `${this.#path(vm)}.${crypto.randomUUID()}`;
    const options = { mode: 0o600, createNew: true };
    await Deno.writeTextFile(path, `${password}\n`, options);
    await Deno.rename(path, this.#path(vm));
  }

  async forget(vm: string) {
    if (this.#skips("rm -f", vm)) return;
    await Deno.remove(this.#path(vm)).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }

  #path(vm: string): string {
    return join(this.directory, vm);
  }

  #skips(words: string, vm: string): boolean {
    const trace = [`${words} ${this.#path(vm)}`];
    return this.run.skips({ trace, changes: true });
  }
}

/** An item of the Secret Service, by the attributes `service`, `vm` and `uri`. */
class Keyring implements PasswordStore {
  constructor(readonly run: Run, readonly uri?: string) {}

  async read(vm: string): Promise<string | undefined> {
    const words = ["secret-tool", "lookup", ...this.#attributes(vm)];
    const options = { ok: [0, 1], changes: false };
    const { code, stdout, stderr } = await this.run(words, options);
    if (code === 0) return stdout.replace(/\n$/, "");
    // It says nothing where there is no such item.
    if (stderr.trim()) throw unreachable(stderr);
  }

  async write(vm: string, password: string) {
    const label = `password of the VM ${vm}`;
    const attributes = this.#attributes(vm);
    const words = ["secret-tool", "store", `--label=${label}`, ...attributes];
    const { code, stderr } = await this.run(words, {
      stdin: password,
      trace: [`secret-tool store ${attributes.join(" ")}`],
      ok: [0, 1],
    });
    if (code !== 0) throw unreachable(stderr);
  }

  async forget(vm: string) {
    const words = ["secret-tool", "clear", ...this.#attributes(vm)];
    await this.run(words, { ok: [0, 1] });
  }

  #attributes(vm: string): string[] {
    // Always all three: an item that has more than what is asked for is found too.
    return ["service", "vms", "vm", vm, "uri", this.uri ?? "local"];
  }
}

function unreachable(stderr: string): Failure {
  return new Failure(
    "host",
    "cannot use the keyring",
    stderr.trim().split("\n").at(-1) || "secret-tool said nothing",
    "set keyring = false below [passwords] in ~/.config/vms/vms.toml",
  );
}
