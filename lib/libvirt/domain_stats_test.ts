import { assertEquals } from "@std/assert";
import { readDomainStats } from "./domain_stats.ts";

const RUNNING = `Domain: 'web'
  state.state=1
  state.reason=1
  cpu.time=12300000000
  cpu.user=9000000000
  balloon.current=1048576
  balloon.maximum=2097152
  balloon.rss=801234
  vcpu.current=2
  vcpu.maximum=2
  net.count=2
  net.0.name=vnet3
  net.0.rx.bytes=1000
  net.0.tx.bytes=10
  net.1.name=vnet4
  net.1.rx.bytes=2000
  net.1.tx.bytes=20
  block.count=2
  block.0.name=vda
  block.0.path=/img/a=b.qcow2
  block.0.rd.bytes=5
  block.0.wr.bytes=6
  block.0.allocation=700
  block.1.name=vdb
  block.1.allocation=800

`;

const OFF = `Domain: 'off'
  state.state=5
  balloon.maximum=1048576
  block.count=1
  block.0.name=vda

`;

Deno.test("readDomainStats() reads counters in bytes and nanoseconds", () => {
  const [web] = readDomainStats(RUNNING);
  assertEquals(web, {
    name: "web",
    cpuTime: 12300000000,
    vcpus: 2,
    resident: 801234 * 1024,
    memory: 2 ** 30,
    memoryMax: 2 ** 31,
    guest: undefined,
    disks: [
      { target: "vda", allocation: 700, read: 5, written: 6 },
      {
        target: "vdb",
        allocation: 800,
        read: undefined,
        written: undefined,
      },
    ],
    received: 3000,
    sent: 30,
  });
});

Deno.test("readDomainStats() adds up virtual CPUs where no total is counted", () => {
  const text = "Domain: 'a'\n  vcpu.maximum=3\n  vcpu.0.time=5\n" +
    "  vcpu.2.time=7\n\nDomain: 'b'\n  vcpu.maximum=3\n\n";
  const times = readDomainStats(text).map(({ cpuTime }) => cpuTime);
  assertEquals(times, [12, undefined]);
});

Deno.test("readDomainStats() reads what the guest tells, once it does", () => {
  const words = "  balloon.available=900\n  balloon.usable=500\n";
  const read = (more: string) =>
    readDomainStats(`Domain: 'a'\n${words}${more}\n`)[0]!.guest;
  assertEquals(read("  balloon.last-update=0\n"), undefined);
  const told = { total: 900 * 1024, usable: 500 * 1024, at: 7 };
  assertEquals(read("  balloon.last-update=7\n"), told);
});

Deno.test("readDomainStats() leaves open what is not said", () => {
  const [, off] = readDomainStats(RUNNING + OFF);
  assertEquals(off, {
    name: "off",
    cpuTime: undefined,
    vcpus: undefined,
    resident: undefined,
    memory: undefined,
    memoryMax: 2 ** 30,
    guest: undefined,
    disks: [{
      target: "vda",
      allocation: undefined,
      read: undefined,
      written: undefined,
    }],
    received: undefined,
    sent: undefined,
  });
  assertEquals(readDomainStats(""), []);
  assertEquals(readDomainStats("\n"), []);
});
