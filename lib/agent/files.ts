/** The agent as it is put into guests: its files and their hash. */

import { versionOf } from "../../guest/agent/version.ts";

const AGENT = new URL("../../guest/agent/", import.meta.url);

export interface AgentFiles {
  /** sha256 over all of them, as the agent itself says it. */
  version: string;
  /** Contents by path below the agent's directory. */
  files: Map<string, Uint8Array>;
}

let found: Promise<AgentFiles> | undefined;

/** Read once: from the source, or from inside the compiled toolkit. */
export function agentFiles(): Promise<AgentFiles> {
  return found ??= read();
}

async function read(): Promise<AgentFiles> {
  const files = new Map<string, Uint8Array>();
  await add(files, AGENT, "", (name) => !name.endsWith("_test.ts"));
  const toml = new URL("./", import.meta.resolve("smol-toml"));
  await add(files, toml, "smol-toml/", (name) => name.endsWith(".js"));
  const version = await versionOf(files);
  files.set("version", new TextEncoder().encode(`${version}\n`));
  return { version, files };
}

async function add(
  files: Map<string, Uint8Array>,
  from: URL,
  prefix: string,
  wanted: (name: string) => boolean,
) {
  for await (const { name, isFile } of Deno.readDir(from)) {
    if (!isFile || !wanted(name)) continue;
    files.set(prefix + name, await Deno.readFile(new URL(name, from)));
  }
}
