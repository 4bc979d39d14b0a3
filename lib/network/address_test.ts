import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Failure } from "../command/failure.ts";
import type { Connection } from "../libvirt/connection.ts";
import { type Call, Virsh } from "../libvirt/virsh.ts";
import type { Run, RunOptions } from "../process/run.ts";
import { reserve } from "./address.ts";

/** A network of four addresses, and what was asked of it. */
function network(hosts: string[], leases: string[] = [], refusals = 0) {
  const updates: string[] = [];
  const xml = () =>
    "<network><name>n</name><ip address='10.1.0.1'><dhcp>" +
    "<range start='10.1.0.2' end='10.1.0.5'/>" +
    hosts.map((ip) => `<host mac='52:54:00:00:00:0${ip.at(-1)}' ip='${ip}'/>`)
      .join("") +
    "</dhcp></ip></network>";
  const table = () =>
    leases.map((ip) => ` x 52:54:00:99:99:99   ipv4   ${ip}/24   -  -\n`)
      .join("");
  const answer = (words: string): string => {
    if (words.includes("net-dumpxml")) return xml();
    return words.includes("net-dhcp-leases") ? table() : "";
  };
  const run = (argv: readonly string[], _options: RunOptions = {}) => {
    const script = argv.slice(3).join(" ");
    if (script.startsWith("net-update")) {
      updates.push(script);
      const code = updates.length <= refusals ? 1 : 0;
      const stderr = code
        ? "error: there is an existing dhcp host entry in network 'n'\n"
        : "";
      return Promise.resolve({ code, stdout: "", stderr });
    }
    const mark = /=[0-9a-f-]{36}=/.exec(script)?.[0] ?? "";
    const commands = script.split(/; echo [^;]*; echo --err [^;]*(?:; |$)/);
    const stdout = commands.filter(Boolean).map(answer)
      .map((text) => `${text}${mark}\n`).join("");
    const stderr = commands.filter(Boolean).map(() => `error: ${mark}\n`);
    return Promise.resolve({ code: 0, stdout, stderr: stderr.join("") });
  };
  const fake = Object.assign(run, { skips: () => false }) as unknown as Run;
  const virsh = new Virsh(fake, "qemu:///system");
  return { updates, connection: { virsh } as Connection };
}

Deno.test("reserve() takes an address that nobody has, and a MAC like it", async () => {
  const { connection, updates } = network(["10.1.0.2", "10.1.0.3"], [
    "10.1.0.5",
  ]);
  const { mac, ip } = await reserve(connection, "n");
  assertEquals(ip, "10.1.0.4");
  assertMatch(mac, /^52:54:00:[0-9a-f]{2}:[0-9a-f]{2}:04$/);
  assertEquals(updates, [
    `net-update n add ip-dhcp-host <host mac="${mac}" ip="${ip}"/> ` +
    "--config",
  ]);
});

Deno.test("reserve() leaves a card what it has", async () => {
  const { connection, updates } = network(["10.1.0.3"]);
  const mac = "52:54:00:00:00:03";
  assertEquals(await reserve(connection, "n", mac), { mac, ip: "10.1.0.3" });
  assertEquals(updates, []);
});

Deno.test("reserve() keeps a card's last number where that is free", async () => {
  const { connection } = network(["10.1.0.2"]);
  const { ip } = await reserve(connection, "n", "52:54:00:aa:bb:05");
  assertEquals(ip, "10.1.0.5");
});

Deno.test("reserve() tries again where another command was quicker", async () => {
  const { connection, updates } = network([], [], 2);
  await reserve(connection, "n");
  assertEquals(updates.length, 3);
});

Deno.test("reserve() says that no address is free", async () => {
  const all = ["10.1.0.2", "10.1.0.3", "10.1.0.4", "10.1.0.5"];
  const { connection } = network(all);
  const { exit, message } = await assertRejects(
    () => reserve(connection, "n"),
    Failure,
  );
  assertEquals([exit, message], [
    "failed",
    'cannot reserve an address in "n": none is free',
  ]);
});

Deno.test("reserve() gives up addresses of VMs that are gone, some at a time", async () => {
  const host = (last: number) =>
    `<host mac='52:54:00:00:00:${last.toString(16).padStart(2, "0")}' ` +
    `ip='10.1.0.${last}'/>`;
  const xml = (count: number) =>
    "<network><name>n</name><ip address='10.1.0.1'><dhcp>" +
    "<range start='10.1.0.2' end='10.1.0.250'/>" +
    Array.from({ length: count }, (_, i) => host(i + 2)).join("") +
    "</dhcp></ip></network>";
  const calls: string[] = [];
  const answered = (words: readonly string[]) => {
    const call = words.join(" ");
    calls.push(call);
    // Only two of those VMs have ever run.
    if (!call.startsWith("net-dumpxml")) return "";
    return xml(call.includes("--inactive") ? 140 : 2);
  };
  const answer = ({ words }: Call) => ({
    ok: true,
    stdout: answered(words),
    error: "",
  });
  const virsh = {
    try: (call: Call) => Promise.resolve(answer(call)),
    batch: (all: Call[]) => Promise.resolve(all.map(answer)),
    must: (_: string, call: Call) => Promise.resolve(answer(call).stdout),
  };
  await reserve({ virsh } as unknown as Connection, "n");
  const deleted = calls.filter((call) => / delete /.test(call));
  const of = (scope: string) =>
    deleted.filter((call) => call.endsWith(`--${scope}`)).length;
  assertEquals([of("config"), of("live")], [16, 2]);
});
