/** Credentials from a file: what libvirt makes of the volume and the XML. */

import { assertEquals } from "@std/assert";
import { define, undefine } from "../../lib/libvirt/domain.ts";
import { domainXml } from "../../lib/libvirt/domain_xml.ts";
import { withCredentialsFile } from "../../lib/libvirt/edit_xml.ts";
import { Session } from "../../lib/libvirt/session.ts";
import { look, Virsh } from "../../lib/libvirt/virsh.ts";
import { Pool } from "../../lib/libvirt/volume.ts";
import { realRun } from "../../lib/process/run.ts";
import {
  CREDENTIALS_SIZE,
  credentialsText,
  credentialsVolume,
} from "../../lib/vm/credentials.ts";
import { domainOfVm } from "../../lib/vm/domain_of_vm.ts";
import { attribute, children, readXml } from "../../lib/xml/read.ts";

const URI = "qemu:///system";
const NAME = "credentials-test";
const VOLUME = `${NAME}.credentials`;

const run = realRun({ trace: false, dryRun: false, log: () => {} });

function text(letter: string): string {
  const hash = `$6$salt$${letter.repeat(86)}`;
  return credentialsText({ name: NAME, user: "user" }, { hash, keys: [] });
}

async function contents(virsh: Virsh): Promise<string> {
  const words = [
    "vol-download",
    "--pool",
    "default",
    "--",
    VOLUME,
    "/dev/stdout",
  ];
  const { stdout } = await run(virsh.argv(words), { changes: false });
  return stdout.slice(0, CREDENTIALS_SIZE);
}

Deno.test("a volume takes credentials by standard input and by a batch", async () => {
  await using session = new Session(run, ["virsh", "-c", URI], true);
  const virsh = new Virsh(run, URI, session);
  const pool = new Pool(virsh, "default");
  await virsh.mustAll("make", [
    pool.create(credentialsVolume(NAME)),
    pool.upload(VOLUME, text("a")),
  ]);
  try {
    assertEquals(await contents(virsh), text("a"));
    await virsh.must("write", pool.upload(VOLUME, text("b")));
    assertEquals(await contents(virsh), text("b"));
    const { capacity, format } = await pool.volumeNamed(VOLUME);
    assertEquals([capacity, format], [CREDENTIALS_SIZE, "raw"]);
  } finally {
    await virsh.try(pool.delete(VOLUME));
  }
});

Deno.test("a domain names the file of its credentials, made so or later", async () => {
  const virsh = new Virsh(run, URI);
  const spec = (entrusted: boolean) =>
    domainXml(domainOfVm({
      name: NAME,
      metadata: { kind: "appvm" },
      type: "qemu",
      memory: 2 ** 26,
      vcpus: 1,
      root: "/img/x.qcow2",
      entrusted,
    }));
  const files = async (xml: string) => {
    await virsh.must("define", define(xml));
    try {
      const words = ["dumpxml", "--inactive", "--", NAME];
      const kept = await virsh.must("read", look(...words));
      return children(readXml(kept), "sysinfo")
        .filter((one) => one.attributes.type === "fwcfg")
        .map((one) => [
          attribute(one, "entry", "name"),
          attribute(one, "entry", "file"),
        ]);
    } finally {
      await virsh.must("undefine", undefine(NAME));
    }
  };
  const given = [[
    "opt/io.systemd.credentials/vms.credentials",
    `/img/${VOLUME}`,
  ]];
  assertEquals(await files(spec(true)), given);
  assertEquals(await files(spec(false)), []);
  const later = withCredentialsFile(spec(false), `/img/${VOLUME}`);
  assertEquals(await files(later), given);
});
