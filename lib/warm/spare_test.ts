import { assertEquals } from "@std/assert";
import type { Listed } from "../libvirt/domain.ts";
import { readDomain } from "../libvirt/domain.ts";
import { domainXml } from "../libvirt/domain_xml.ts";
import {
  domainNamed,
  dumped,
  type Expected,
  withLibvirt,
} from "../libvirt/fake_virsh.ts";
import type { Metadata } from "../libvirt/metadata.ts";
import { lock } from "../lock/lock.ts";
import type { WarmImage } from "./image.ts";
import { takeSpare, unfit } from "./spare.ts";

/** Nobody else's VMs have them: locks are those of this host. */
const mark = crypto.randomUUID().slice(0, 8);
const [FIRST, SECOND] = [`test-${mark}`, `test-${mark}-2`];

const listed: Listed = {
  name: FIRST,
  state: "paused",
  kind: "spare",
  template: "gui@3",
};
const USED = 20_000_000;
const metadata: Metadata = {
  kind: "spare",
  template: "gui@3",
  fork: "0123abcd",
  owner: Deno.uid()!,
  cpuTime: USED,
};
const image = { version: "gui@3", id: "0123abcd" } as WarmImage;
const domain = readDomain(domainXml(domainNamed(FIRST, { metadata })));
const used = { domain, cpuTime: USED };

Deno.test("unfit() finds nothing where all is as it was made", () => {
  assertEquals(unfit(listed, used, image), undefined);
});

Deno.test("unfit() lets an emulated CPU do what QEMU wants of it while it is paused", () => {
  const idle = { domain, cpuTime: USED + 50_000_000 };
  assertEquals(unfit(listed, idle, image), undefined);
  const ran = { ...domain, type: "kvm" } as typeof domain;
  const later = { domain: ran, cpuTime: USED + 10_000_000 };
  assertEquals(unfit(listed, later, image), "it was resumed by hand");
  assertEquals(
    unfit(listed, { domain, cpuTime: 0 }, image),
    "it was resumed by hand",
  );
});

Deno.test("unfit() tells what ran, and what is of another image", () => {
  const ran = "it was resumed by hand";
  assertEquals(unfit({ ...listed, state: "running" }, used, image), ran);
  // It is paused again.
  const later = { domain, cpuTime: USED + 60_000_000 };
  assertEquals(unfit(listed, later, image), ran);
  const old = "its warm image is not the newest";
  const baked = { ...image, id: "ffffffff" };
  assertEquals(unfit(listed, used, baked), old);
  assertEquals(unfit(listed, used, { ...image, version: "gui@4" }), old);
  assertEquals(unfit(listed, used, undefined), old);
});

/** What is asked of one before it is taken. */
function asked(name: string, data: Metadata, cpuTime = USED): Expected[] {
  return [dumped(domainNamed(name, { metadata: data })), [
    `virsh domstats --raw --vcpu ${name}`,
    {
      stdout: `Domain: '${name}'\n  vcpu.current=2\n  vcpu.maximum=2\n` +
        `  vcpu.0.time=${cpuTime - 10_000_000}\n  vcpu.1.time=10000000\n`,
    },
  ]];
}

function relabelled(name: string): Expected[] {
  const element = '<vm kind="build" template="gui@3" fork="0123abcd"/>';
  const set = `--live --key vms --set ${element}`;
  return [
    [`virsh metadata ${name} urn:vms:domain:1 ${set}`],
    [`virsh desc --live --title ${name} build on gui@3`],
  ];
}

async function taking(list: readonly Listed[], table: Expected[]) {
  const taken = await withLibvirt(
    table,
    (libvirt) => takeSpare(libvirt, list, image, false),
  );
  taken?.held[Symbol.dispose]();
  return taken?.name;
}

const both = [listed, { ...listed, name: SECOND }];

Deno.test("takeSpare() takes the first that has never run, which is a disposable then", async () => {
  const table = [...asked(FIRST, metadata), ...relabelled(FIRST)];
  assertEquals(await taking(both, table), FIRST);
});

Deno.test("takeSpare() leaves one that ran and was paused again", async () => {
  const table = [
    ...asked(FIRST, metadata, USED + 60_000_000),
    ...asked(SECOND, metadata),
    ...relabelled(SECOND),
  ];
  assertEquals(await taking(both, table), SECOND);
});

Deno.test("takeSpare() leaves those of other users and of other images", async () => {
  for (
    const other of [
      { ...metadata, owner: Deno.uid()! + 1 },
      { ...metadata, fork: "ffffffff" },
      { ...metadata, kind: "disposable" } as const,
    ]
  ) assertEquals(await taking([listed], asked(FIRST, other)), undefined);
});

Deno.test("takeSpare() leaves what is half made, or somebody works on", async () => {
  using _made = await lock("vm", FIRST);
  const half: Listed = { ...listed, kind: "build" };
  const table = [...asked(SECOND, metadata), ...relabelled(SECOND)];
  assertEquals(await taking([half, both[1]!], table), SECOND);
  assertEquals(await taking(both, table), SECOND);
});

Deno.test("takeSpare() leaves one that has ended since it was listed", async () => {
  const table: Expected[] = [
    [`virsh dumpxml -- ${FIRST}`, { error: "failed to get domain" }],
    [`virsh domstats --raw --vcpu ${FIRST}`, {
      error: "failed to get domain",
    }],
  ];
  assertEquals(await taking([listed], table), undefined);
});
