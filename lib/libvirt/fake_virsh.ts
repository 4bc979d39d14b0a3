/** For tests: a connection to a libvirt that is a table of expected calls. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { type Config, DEFAULTS } from "../config/config.ts";
import type { Run, RunOptions, Talk } from "../process/run.ts";
import type { Result } from "../process/result.ts";
import { ChildFailed } from "../process/result.ts";
import type { Connection } from "./connection.ts";
import type { Listed } from "./domain.ts";
import { type DomainSpec, domainXml } from "./domain_xml.ts";
import { titleOf } from "./metadata.ts";
import { Virsh } from "./virsh.ts";
import { Pool, type Volume } from "./volume.ts";

/** What a call gives; `xml`: parts of what it is given in `/dev/stdin`. */
export interface Given {
  stdout?: string;
  /** What virsh says against it. */
  error?: string;
  xml?: string[];
}

/**
 * One command: `virsh` without the connection's words, in a batch or not, or
 * another program. A call that a dry run prints and leaves begins with `+ `.
 */
export type Expected = [line: string, given?: Given];

/** Commands that are run at the same time: each sequence in its own order. */
export interface Meanwhile {
  meanwhile: Expected[][];
}

export type Table = (Expected | Meanwhile)[];

export interface FakeOptions {
  dryRun?: boolean;
  config?: (config: Config) => void;
}

export const DIRECTORY = "/pool";

const URI = "test:///default";
const ID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const XML = /\S*\/xml-[0-9a-f-]{36}\b/g;

/**
 * Do the work with a connection that answers commands in the order of the
 * table; ids made up on the way are `ID`. It fails on the first call that is
 * another one, also where the work lives with that, and on those never made.
 */
export async function withLibvirt<T>(
  table: Table,
  work: (connection: Connection) => Promise<T>,
  options: FakeOptions = {},
): Promise<T> {
  const calls = new Calls(table);
  const config = structuredClone(DEFAULTS);
  config.libvirt.uri = URI;
  // In the keyring: its program is one of the table, and no file is touched.
  config.passwords = { make: false, keyring: true };
  options.config?.(config);
  const virsh = new Virsh(tableRun(calls, options.dryRun ?? false), URI);
  const pool = new Pool(virsh, config.libvirt.pool);
  const ended = await work({ config, virsh, pool }).then(
    (result) => ({ result }),
    (error) => ({ error }),
  );
  if (calls.wrong) throw calls.wrong;
  assertEquals(calls.left, [], "calls never made");
  if ("error" in ended) throw ended.error;
  return ended.result;
}

class Calls {
  left: Table;
  wrong?: unknown;

  constructor(table: Table) {
    this.left = structuredClone(table);
  }

  #shift(said: string): Expected {
    const [first] = this.left;
    if (!first || Array.isArray(first)) {
      this.left.shift();
      return first ?? ["(no further call)"];
    }
    const open = first.meanwhile.filter((one) => one.length > 0);
    const found = open.find(([next]) => next![0] === said) ?? open[0]!;
    const expected = found.shift()!;
    if (open.every((one) => one.length === 0)) this.left.shift();
    return expected;
  }

  next(line: string, xml: string | undefined): Given {
    if (this.wrong) throw this.wrong;
    const said = line.replaceAll(ID, "ID");
    const [expected, given = {}] = this.#shift(said);
    try {
      assertEquals(said, expected);
      for (const part of given.xml ?? []) assertStringIncludes(xml ?? "", part);
    } catch (error) {
      throw this.wrong = error;
    }
    return given;
  }
}

function tableRun(calls: Calls, dryRun: boolean): Run {
  const answer = (argv: readonly string[], options: RunOptions): Result => {
    const skipped = dryRun && options.changes !== false;
    if (skipped) {
      for (const line of options.trace ?? [argv.join(" ")]) {
        calls.next(
          `+ ${line.split(" <<'")[0]!.replaceAll(` -c ${URI}`, "")}`,
          line,
        );
      }
      return { code: 0, stdout: "", stderr: "" };
    }
    if (argv[0] !== "virsh") {
      return one(calls.next(argv.join(" "), options.stdin));
    }
    const words = argv.slice(3);
    const mark = /; echo (=[0-9a-f-]{36}=); echo --err \1/.exec(words[0]!);
    return mark
      ? batch(words[0]!, mark[0], mark[1]!, calls)
      : one(calls.next(`virsh ${words.join(" ")}`, options.stdin));
  };
  // deno-lint-ignore require-await
  const run = async (argv: readonly string[], options: RunOptions = {}) => {
    const result = answer(argv, options);
    if ((options.ok ?? [0]).includes(result.code)) return result;
    throw new ChildFailed(argv, result);
  };
  return Object.assign(run, {
    attached: (argv: readonly string[], options: RunOptions = {}) =>
      Promise.resolve(answer(argv, options).code),
    talk: (argv: readonly string[]) => talk(answer(argv, { changes: false })),
    skips: ({ trace, changes }: { trace: string[]; changes: boolean }) =>
      dryRun && changes && answer([], { trace, changes }).code === 0,
    detached: (argv: readonly string[]) => answer(argv, {}).code === 0,
  });
}

function one({ stdout = "", error }: Given): Result {
  return error === undefined
    ? { code: 0, stdout, stderr: "" }
    : { code: 1, stdout, stderr: `error: ${error}\n` };
}

/** What one virsh prints for several commands, each ended by the mark. */
function batch(
  script: string,
  ends: string,
  mark: string,
  calls: Calls,
): Result {
  const all: Result = { code: 0, stdout: "", stderr: "" };
  for (const command of script.split(ends).slice(0, -1)) {
    const line = command.replace(/^; /, "");
    const path = line.match(XML)?.[0];
    const xml = path && Deno.readTextFileSync(path);
    const words = line.replaceAll(XML, "/dev/stdin").replaceAll("'", "");
    const { stdout, stderr } = one(calls.next(`virsh ${words}`, xml));
    all.stdout += stdout + mark;
    all.stderr += `${stderr}error: ${mark}\n`;
  }
  return all;
}

function talk({ code, stdout }: Result): Talk {
  return {
    stdin: new WritableStream(),
    stdout: new Response(stdout).body!,
    status: Promise.resolve({ code }),
    kill() {},
  };
}

/** The answer to the list of all domains. */
export function listed(domains: readonly Listed[]): Expected {
  const rows = domains.map(({ name, state, kind, template }, i) => [
    `${i + 1}`,
    name,
    state,
    kind ? titleOf({ kind, template }) : "",
  ]);
  const line = (cells: readonly string[]) =>
    ` ${cells.map((cell) => cell.padEnd(24)).join("   ")}`;
  const stdout = [
    line(["Id", "Name", "State", "Title"]),
    "-".repeat(100),
    ...rows.map(line),
    "",
  ].join("\n");
  return ["virsh list --all --title", { stdout }];
}

/** The answer to `dumpxml`, with the words given. */
export function dumped(spec: DomainSpec, ...options: string[]): Expected {
  const line = ["virsh dumpxml", ...options, "--", spec.name].join(" ");
  // As libvirt writes it.
  return [line, { stdout: domainXml(spec).replace(/="([^"]*)"/g, "='$1'") }];
}

type Image = Pick<Volume, "name"> & Partial<Volume>;

/** The answers to the list of the pool's volumes. */
export function volumesListed(images: readonly Image[]): Expected[] {
  const names = images.map(({ name }) => ` ${name.padEnd(40)}   x`);
  const head = ` ${"Name".padEnd(40)}   Path\n${"-".repeat(60)}\n`;
  return [
    ["virsh vol-list -- default", { stdout: head + names.join("\n") }],
    ...images.map(volumeNamed),
  ];
}

/** The answer to one volume, asked by its name. */
export function volumeNamed(image: Image): Expected {
  const line = `virsh vol-dumpxml --pool default -- ${image.name}`;
  return [line, { stdout: imageXml(image) }];
}

/** The same, asked by its path. */
export function volumeAt(image: Image): Expected {
  const path = image.path ?? `${DIRECTORY}/${image.name}`;
  return [`virsh vol-dumpxml ${path}`, { stdout: imageXml(image) }];
}

function imageXml(image: Image): string {
  const { name, path = `${DIRECTORY}/${name}`, backing } = image;
  const { capacity = 2 ** 30, allocation = 2 ** 20 } = image;
  return `<volume><name>${name}</name><capacity>${capacity}</capacity>` +
    `<allocation>${allocation}</allocation>` +
    `<physical>${image.physical ?? allocation}</physical>` +
    `<target><path>${path}</path><format type='qcow2'/></target>` +
    (backing ? `<backingStore><path>${backing}</path></backingStore>` : "") +
    `</volume>`;
}

/** A domain of ours with one disk, for `dumped`. */
export function domainNamed(
  name: string,
  given: Partial<DomainSpec> & Pick<DomainSpec, "metadata">,
): DomainSpec {
  return {
    name,
    uuid: "00000000-0000-4000-8000-000000000000",
    type: "qemu",
    memory: 2 ** 30,
    vcpus: 1,
    disks: [{ path: `${DIRECTORY}/${name}.qcow2`, serial: "root" }],
    onReboot: "restart",
    ...given,
  };
}
