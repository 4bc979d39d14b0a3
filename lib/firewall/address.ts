/** IPv4 addresses and networks, and what is told of IPv6 ones. */

import { printable } from "../names/names.ts";

/** `203.0.113.0/24`; an address alone is a network of prefix 32. */
export interface Network {
  address: string;
  prefix: number;
}

const BYTE = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
const IPV4 = new RegExp(`^${BYTE}(?:\\.${BYTE}){3}$`);

/** True for `203.0.113.7`, without the spellings that only some read. */
export function isIpv4(word: string): boolean {
  return IPV4.test(word);
}

/** True for an IPv6 address in any of its spellings: RFC 4291, 2.2. */
export function isIpv6(word: string): boolean {
  if (!/^[0-9A-Fa-f:.]+$/.test(word) || !word.includes(":")) return false;
  return URL.canParse(`http://[${word}]/`);
}

/**
 * An address, or a network as `ADDRESS/PREFIX`.
 *
 * @throws {Error} with what is wrong.
 */
export function parseNetwork(word: string): Network {
  const [address = "", bits, ...more] = word.split("/");
  const prefix = bits === undefined ? 32 : Number(bits);
  const wrong = (why: string) => new Error(`${printable(word)} ${why}`);
  if (!isIpv4(address) || more.length > 0) {
    throw wrong("is not an address or a network such as 203.0.113.0/24");
  }
  if (bits !== undefined && (!/^\d{1,2}$/.test(bits) || prefix > 32)) {
    throw wrong("has no prefix from 0 to 32");
  }
  const first = toAddress(masked(toNumber(address), prefix));
  if (first !== address) {
    throw wrong(`is not the beginning of a network: ${first}/${prefix} is`);
  }
  return { address, prefix };
}

/** `203.0.113.0/24`, or the address alone where it is just one. */
export function networkText({ address, prefix }: Network): string {
  return prefix === 32 ? address : `${address}/${prefix}`;
}

export function toNumber(address: string): number {
  return address.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);
}

export function toAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256)
    .join(".");
}

function masked(number: number, prefix: number): number {
  const size = 2 ** (32 - prefix);
  return Math.floor(number / size) * size;
}

/** The first and the last address of the network that an address is in. */
export function endsOf({ address, prefix }: Network): [string, string] {
  const first = masked(toNumber(address), prefix);
  return [toAddress(first), toAddress(first + 2 ** (32 - prefix) - 1)];
}

export function contains(network: Network, address: string): boolean {
  return masked(toNumber(address), network.prefix) ===
    toNumber(network.address);
}

/**
 * Networks that are no part of the internet: RFC 6890. The last is multicast,
 * reserved and broadcast addresses.
 */
export const LOCAL: readonly Network[] = [
  { address: "0.0.0.0", prefix: 8 },
  { address: "10.0.0.0", prefix: 8 },
  { address: "100.64.0.0", prefix: 10 },
  { address: "127.0.0.0", prefix: 8 },
  { address: "169.254.0.0", prefix: 16 },
  { address: "172.16.0.0", prefix: 12 },
  { address: "192.168.0.0", prefix: 16 },
  { address: "224.0.0.0", prefix: 3 },
];

/** True for what lies on this host, in its networks, or nowhere. */
export function isLocal(address: string): boolean {
  return LOCAL.some((network) => contains(network, address));
}
