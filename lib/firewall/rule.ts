/** Rules as people write them: `allow tcp 443 to example.org`. */

import { printable } from "../names/names.ts";
import { isIpv6, type Network, networkText, parseNetwork } from "./address.ts";

export const PROTOCOLS = ["tcp", "udp", "icmp", "any"] as const;

export type Protocol = (typeof PROTOCOLS)[number];

export interface Rule {
  action: "allow" | "deny";
  protocol: Protocol;
  /** Left out for all of them; only tcp and udp have any. */
  ports?: { from: number; to: number };
  /** Everywhere, a network, or a host by its name. */
  to: "any" | Network | { name: string };
}

/** What happens to traffic that no rule is about. */
export type Default = "allow" | "deny";

/**
 * Read a rule.
 *
 * @throws {Error} with what is wrong with which word.
 */
export function parseRule(words: readonly string[]): Rule {
  const [action, protocol, ...others] = words;
  if (action !== "allow" && action !== "deny") {
    throw new Error(`${printable(action ?? "")} is none of allow, deny`);
  }
  if (/^(ipv6-icmp|icmpv?6)$/.test(protocol ?? "")) throw ipv6(protocol!);
  if (!isProtocol(protocol)) {
    throw new Error(
      `${printable(protocol ?? "")} is none of ${PROTOCOLS.join(", ")}`,
    );
  }
  const hasPorts = protocol === "tcp" || protocol === "udp";
  const ports = hasPorts ? parsePorts(protocol, others.shift()) : undefined;
  if (protocol === "icmp" && others[0] !== "to") {
    throw new Error(
      "icmp has no types here, as filters of frames know none: " +
        `${action} icmp to HOST|CIDR|any is about all of it`,
    );
  }
  if (others[0] !== "to" || others.length !== 2) {
    const form = hasPorts ? `${protocol} PORT` : protocol;
    throw new Error(`a rule ends so: ${action} ${form} to HOST|CIDR|any`);
  }
  const to = parseTarget(others[1]!);
  if (action === "deny" && isName(to)) {
    throw new Error(
      `${printable(to.name)} is a name: only allow takes names, because an ` +
        "address that is not known yet would get through",
    );
  }
  return { action, protocol, ...(ports && { ports }), to };
}

function isProtocol(word: string | undefined): word is Protocol {
  return (PROTOCOLS as readonly (string | undefined)[]).includes(word);
}

function parsePorts(protocol: string, word: string | undefined): Rule["ports"] {
  if (word === "any") return;
  const [, first, last] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(word ?? "") ?? [];
  const from = Number(first);
  const to = Number(last ?? first);
  if (first === undefined || from < 1 || to > 65535) {
    throw new Error(
      `${printable(word ?? "")} is not a port of ${protocol}: ` +
        "1 to 65535, a range such as 8000-8080, or any",
    );
  }
  if (from > to) throw new Error(`${printable(word!)} is an empty range`);
  return { from, to };
}

function parseTarget(word: string): Rule["to"] {
  if (word === "any") return "any";
  if (isIpv6(word.split("/")[0]!)) {
    throw ipv6(word);
  }
  // A last part of digits alone is no name: RFC 3696, 2.
  if (/^[\d./]+$|\/|\.\d+$/.test(word)) return parseNetwork(word);
  return { name: parseHostName(word) };
}

function ipv6(word: string): Error {
  return new Error(
    `${printable(word)} is IPv6, of which nothing passes: ` +
      "there is nothing to allow or deny",
  );
}

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** @throws {Error} for what is no name of a host: RFC 1123, 2.1. */
export function parseHostName(word: string): string {
  const name = word.toLowerCase().replace(/\.$/, "");
  const fine = name.length <= 200 &&
    name.split(".").every((label) => LABEL.test(label));
  if (fine) return name;
  throw new Error(
    `${printable(word)} is not any, an address, a network such as ` +
      "203.0.113.0/24, or the name of a host",
  );
}

export function isName(to: Rule["to"]): to is { name: string } {
  return typeof to === "object" && "name" in to;
}

/** The rule as it is written, every word in its usual form. */
export function ruleText({ action, protocol, ports, to }: Rule): string {
  const words: string[] = [action, protocol];
  if (protocol === "tcp" || protocol === "udp") words.push(portText(ports));
  return [...words, "to", targetText(to)].join(" ");
}

function portText(ports: Rule["ports"]): string {
  if (!ports) return "any";
  return ports.from === ports.to
    ? `${ports.from}`
    : `${ports.from}-${ports.to}`;
}

function targetText(to: Rule["to"]): string {
  if (to === "any") return to;
  return isName(to) ? to.name : networkText(to);
}
