/** What works inside a VM, as an ordinary user of the libvirt group. */

import {
  assert,
  assertEquals,
  assertMatch,
  assertNotEquals,
} from "@std/assert";
import { Terminal } from "../e2e/terminal.ts";
import { alice, asAlice, eventually, run, virsh } from "../e2e/vms.ts";

const VM = "hers-all";
const PASSWORD = /^([a-z2-9]{4}-){4}[a-z2-9]{4}\n$/;

/** A script of alice's that must succeed, in her home; what it printed. */
async function hers(script: string): Promise<string> {
  const ran = await alice("sh", "-c", `cd && ${script}`);
  assertEquals(ran.code, 0, `${script}\n${ran.stderr}`);
  return ran.stdout;
}

async function files() {
  await hers(`rm -rf copies && mkdir -p copies/report/deep &&
    cd copies/report && echo data > deep/data && echo '#!/bin/sh' > run &&
    chmod 750 run && chmod 700 deep`);
  assertEquals(
    await hers(`vms-cp copies/report ${VM}:`),
    `${VM}:/home/user/report\n`,
  );
  assertEquals(
    await hers(`vms-exec ${VM} -- stat -c '%U %a' report/run report/deep`),
    "user 750\nuser 700\n",
  );
  await hers(`vms-cp ${VM}:report copies/back`);
  assertEquals(await hers("diff -r copies/report copies/back"), "");
  await hers(`tar c -C copies report | vms-exec ${VM} -- tar x -C /tmp`);
  assertEquals(
    await hers(`vms-exec ${VM} -- cat /tmp/report/deep/data`),
    "data\n",
  );
  const place = `/run/home/alice/.local/share/vms/incoming/${VM}/run`;
  await hers(`rm -f ${place}`);
  assertEquals(await hers(`vms-cp ${VM}:report/run`), `${place}\n`);
  assertEquals((await Deno.stat(place)).uid, 1100);
}

async function programs() {
  assertEquals(await hers(`vms-exec ${VM} -- id -un`), "user\n");
  assertEquals(await hers(`vms-exec --root ${VM} -- id -un`), "root\n");
  assertEquals(
    await hers(`echo through | vms-exec ${VM} -- tr a-z A-Z`),
    "THROUGH\n",
  );
  assertMatch(
    await hers("vms-exec --all --template=minimal -j 1 -- id -un"),
    new RegExp(`^${VM}: user$`, "m"),
  );
  const ended = await alice("vms-exec", VM, "--", "sh", "-c", "exit 42");
  assertEquals(ended.code, 42, ended.stderr);
  const info = JSON.parse(await hers(`vms-agent ${VM} get_system_info`));
  assertEquals(info.hostname, VM);
  const ping = '{"jsonrpc":"2.0","id":7,"method":"ping"}';
  const pong = JSON.parse(await hers(`echo '${ping}' | vms-agent ${VM} -`));
  assertEquals([pong.id, pong.result.pong], [7, true]);
}

async function shell() {
  const terminal = new Terminal(`vms-shell ${VM}; echo left $?`, asAlice());
  await terminal.sees(/user@hers-all.*\$ /);
  await terminal.type("echo $((40+2)) $(id -un)\r");
  await terminal.sees(/[\r\n]42 user\r/);
  await terminal.type("exit 5\r");
  await terminal.sees(/left 5/);
  await terminal.ended();
}

async function network() {
  assertEquals(await hers(`vms-net ${VM}`), "nat\n");
  const rules = await hers(`vms-firewall ${VM}`);
  await hers(`vms-firewall ${VM} default deny`);
  await hers(`vms-firewall ${VM} allow tcp 443 to 198.51.100.2`);
  assertMatch(
    await hers(`vms-firewall ${VM}`),
    /^allow tcp 443 to 198\.51\.100\.2\ndefault deny\n$/m,
  );
  assertMatch(await virsh("nwfilter-list"), new RegExp(`vms-${VM}$`, "m"));
  await hers(`vms-firewall ${VM} allow tcp 443 to nobody.example 2>/dev/null`);
  assertMatch(await hers(`vms-firewall ${VM}`), /tcp 443 to nobody\.example/);
  await hers(`vms-firewall ${VM} reset`);
  assertEquals(await hers(`vms-firewall ${VM}`), rules);
  await hers("vms-firewall minimal deny tcp 9 to any");
  assertMatch(await hers(`vms-firewall ${VM}`), /^deny tcp 9 to any$/m);
  await hers("vms-firewall minimal remove 2");
  assertEquals(await hers(`vms-firewall ${VM}`), rules);
  await hers(`vms-net ${VM} isolated:hers`);
  assertEquals(await hers(`vms-net ${VM}`), "isolated:hers\n");
  await hers(`vms-net ${VM} none`);
  assertEquals(await hers(`vms-net ${VM}`), "none\n");
  // The agent needs no network.
  assertEquals(await hers(`vms-exec ${VM} -- echo there`), "there\n");
  await hers(`vms-net ${VM} nat`);
  await eventually(async () => {
    const asked = await hers(`vms-exec ${VM} -- ip -4 -br address`);
    assertMatch(asked, /UP +192\.168\.122\.\d+/);
  }, 120);
}

async function secrets() {
  const first = await hers(`vms-passwords ${VM}`);
  assertMatch(first, PASSWORD);
  assertEquals(await hers(`vms-passwords rotate ${VM}`), `${VM}\n`);
  const second = await hers(`vms-passwords ${VM}`);
  assertMatch(second, PASSWORD);
  assertNotEquals(second, first);
  await hers(`echo a-word-of-hers | vms-passwords set ${VM}`);
  assertEquals(await hers(`vms-passwords ${VM}`), "a-word-of-hers\n");
  // It is hers, and not that of whoever else may use libvirt.
  const { code } = await run(["vms-passwords", VM]);
  assertEquals(code, 3);
}

async function statistics() {
  const stats = JSON.parse(await hers(`vms-stats --json ${VM}`));
  assertEquals([stats.name, stats.state], [VM, "running"]);
  const watch = `timeout 60 vms-stats --watch --json ${VM} | head -n 2`;
  const ticks = (await hers(watch)).trim().split("\n")
    .map((line) => JSON.parse(line));
  assertEquals(ticks.map(({ name }) => name), [VM, VM]);
  assert(ticks[1].time > ticks[0].time, JSON.stringify(ticks));
}

Deno.test("an ordinary user has all of a VM of hers", async () => {
  try {
    assertEquals(await hers(`vms-clone --start minimal ${VM}`), `${VM}\n`);
    await hers(`vms-start --wait ${VM}`);
    await files();
    await programs();
    await shell();
    await network();
    await secrets();
    await statistics();
    assertEquals(await hers(`vms-destroy --force ${VM}`), `${VM}\n`);
  } finally {
    await run(["vms-destroy", "--force", VM]);
    for (const does of ["net-destroy", "net-undefine"]) {
      await run(["virsh", does, "vms-group-hers"]);
    }
  }
});
