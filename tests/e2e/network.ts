/** What gets through to whom: guests, namespaces beside them, and this host. */

import { assertEquals, assertMatch } from "@std/assert";
import { eventually, inGuest, run } from "./vms.ts";

/** A host in the internet, as VMs see it: three addresses of it. */
export const OUTSIDE = ["198.51.100.2", "198.51.100.3", "198.51.100.4"];
export const HOST_OUTSIDE = "198.51.100.1";

/** The card of a guest, in words of bash that start no program. */
export const CARD = "$(cd /sys/class/net && for card in [!l]*; do " +
  "echo $card; break; done)";

/** Where a guest of `serve()`, and this host, say hello. */
export const HELLO = 8022;

/** Run a script on this host that must succeed. */
export async function sh(script: string): Promise<string> {
  const { code, stdout, stderr } = await run(["bash", "-c", script]);
  assertEquals(code, 0, `${script}\n${stderr}`);
  return stdout.trim();
}

const services: Deno.ChildProcess[] = [];

/** Say hello to whoever comes, by TCP, until `outsideDown()`. */
function service(argv: string[], port: number): void {
  const script = `for await (const c of Deno.listen({ hostname: "::", ` +
    `port: ${port} })) { c.write(new TextEncoder().encode("hello\\n")).then(() => ` +
    `c.close()).catch(() => {}); }`;
  const [program, ...args] = [...argv, "deno", "eval", script];
  services.push(
    new Deno.Command(program!, { args, stdout: "null", stderr: "null" })
      .spawn(),
  );
}

/** Hand out addresses from PREFIX.100 on to whoever asks in a namespace, until `outsideDown()`. */
export function dhcp(namespace: string, prefix: string): void {
  const args = ["netns", "exec", namespace, "dnsmasq", "--keep-in-foreground"];
  args.push("--port=0", "--interface=eth0", "--bind-interfaces");
  args.push("--conf-file=/dev/null", "--dhcp-leasefile=/dev/null");
  args.push(`--dhcp-range=${prefix}.100,${prefix}.150,1h`);
  services.push(
    new Deno.Command("ip", { args, stdout: "null", stderr: "null" }).spawn(),
  );
}

/** The internet: a namespace, with services there and on this host. */
export async function outsideUp(): Promise<void> {
  await sh(`set -e
    ip netns add net-outside
    ip link add net-out type veth peer name eth0 netns net-outside
    ip address add ${HOST_OUTSIDE}/24 dev net-out
    ip link set net-out up
    ip netns exec net-outside sh -c '
      ip link set lo up
      ip link set eth0 up
      for at in ${OUTSIDE.join(" ")}; do ip address add $at/24 dev eth0; done
      ip address add 2001:db8:1::1/64 dev eth0 nodad'`);
  const outside = ["ip", "netns", "exec", "net-outside"];
  for (const port of [80, 443]) service(outside, port);
  service([], HELLO);
}

export async function outsideDown(): Promise<void> {
  for (const one of services.splice(0)) {
    one.kill("SIGKILL");
    await one.status;
  }
  await run(["ip", "netns", "delete", "net-outside"]);
  await run(["ip", "link", "delete", "net-out"]);
  await removeNeighbour();
}

/** A stranger on a bridge, as another VM would be without its firewall. */
export async function addNeighbour(
  bridge: string,
  address: string,
  isolated: boolean,
): Promise<void> {
  await sh(`set -e
    ip netns add net-neighbour
    ip link add net-near type veth peer name eth0 netns net-neighbour
    ip link set net-near master ${bridge} up
    ${isolated ? "bridge link set dev net-near isolated on" : ""}
    ip netns exec net-neighbour sh -c '
      ip link set lo up
      ip link set eth0 up
      ip address add ${address}/24 dev eth0
      ip address add 2001:db8:9::f/64 dev eth0 nodad'`);
  service(["ip", "netns", "exec", "net-neighbour"], 80);
}

export async function removeNeighbour(): Promise<void> {
  await run(["ip", "link", "delete", "net-near"]);
  await run(["ip", "netns", "delete", "net-neighbour"]);
}

/** A counter of a namespace, such as what arrived for no one. */
export async function counted(
  namespace: string,
  name: string,
): Promise<number> {
  const text = await sh(
    `ip netns exec ${namespace} nstat -asz ${name} | awk '!/#/ { print $2 }'`,
  );
  return Number(text);
}

/** A counter of a guest. */
export async function countedIn(vm: string, name: string): Promise<number> {
  return (await allCountedIn(vm, [name]))[0]!;
}

/** Counters of a guest, in the order of their names. */
export async function allCountedIn(
  vm: string,
  names: readonly string[],
): Promise<number[]> {
  const said = await asRoot(vm, `nstat -asz ${names.join(" ")}`);
  return names.map((name) => {
    const [, count] = new RegExp(`^${name} +(\\d+) `, "m").exec(said)!;
    return Number(count);
  });
}

/** What gets the answer of a service, in words of bash: yes or no. */
export function hello(address: string, port: number): string {
  const script = `exec 3<>/dev/tcp/${address}/${port} && read -r -u 3 word ` +
    `&& test "$word" = hello`;
  return `timeout 4 bash -c '${script}' 2>/dev/null && echo yes || echo no`;
}

/** True where the guest gets the service's answer. */
export async function reaches(
  vm: string,
  address: string,
  port: number,
): Promise<boolean> {
  return await inGuest(vm, "bash", "-c", hello(address, port)) === "yes";
}

/** What root does in the guest, whether it works there or not. */
export async function asRoot(vm: string, script: string): Promise<string> {
  return await inGuest(vm, "bash", "-c", `{ ${script}; } 2>&1; true`);
}

/** The IPv4 address that the guest's card has. */
export async function ownAddress(vm: string): Promise<string> {
  return await asRoot(
    vm,
    `ip -4 -o address show dev ${CARD} | grep -o "inet [0-9.]*" | cut -d" " -f2`,
  );
}

export async function online(vm: string): Promise<void> {
  await eventually(async () => {
    assertMatch(await ownAddress(vm), /^\d+\.\d+\.\d+\.\d+$/);
  }, 120);
}

/** Let the guest say hello to whoever comes, by IPv4 and IPv6. */
export async function serve(vm: string): Promise<void> {
  const unit = ["systemd-run", "--unit=hello", "--collect", "--"];
  const socket = ["systemd-socket-activate", "--accept", "--inetd"];
  const words = [...socket, `--listen=${HELLO}`, "/usr/bin/echo", "hello"];
  await inGuest(vm, ...unit, ...words);
  await eventually(async () => {
    assertEquals(await reaches(vm, "127.0.0.1", HELLO), true);
  });
}
