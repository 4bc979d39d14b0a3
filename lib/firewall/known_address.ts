/** The addresses that a name is known to have, and until when. */

import { isLocal } from "./address.ts";
import type { DnsAnswer } from "./dns_message.ts";

export interface KnownAddress {
  address: string;
  /** Seconds since 1970. */
  until: number;
}

/** Seconds; a server that says less or more is not followed. */
const SHORTEST = 60;
const LONGEST = 3600;
/** Connections outlive answers: an address stays open for so much longer. */
const GRACE = 300;
/** Seconds between two times that a name is asked for, at the least and most. */
export const SOONEST = 5;
export const ROUND = 30;
/** Of one name; each costs rules in the kernel. */
const MOST = 32;

/** Seconds since 1970. */
export function secondsNow(): number {
  return Math.floor(Date.now() / 1000);
}

/** Those that hold still. */
export function unexpired(known: readonly KnownAddress[], now: number) {
  return known.filter(({ until }) => until > now);
}

/**
 * What is known after an answer; without one, what holds still. Addresses of
 * this host and its networks are left out: whoever answers for the name must
 * not open what is inside.
 */
export function renewed(
  known: readonly KnownAddress[],
  answer: DnsAnswer | undefined,
  now: number,
): KnownAddress[] {
  const until = now + lifetime(answer) + GRACE;
  const all = new Map(
    unexpired(known, now).map((one) => [one.address, one.until]),
  );
  for (const address of answer?.addresses ?? []) {
    if (!isLocal(address)) all.set(address, until);
  }
  return [...all].map(([address, until]) => ({ address, until }))
    .sort((a, b) => b.until - a.until || (a.address < b.address ? -1 : 1))
    .slice(0, MOST);
}

/** Seconds for which an answer is taken to hold. */
function lifetime(answer: DnsAnswer | undefined): number {
  return Math.min(Math.max(answer?.ttl ?? 0, SHORTEST), LONGEST);
}

/**
 * Seconds after which to ask again: the name server forgets what it answered
 * after its time, and may then tell a VM an address that is shut.
 */
export function nextAsk(answer: DnsAnswer | undefined): number {
  return Math.min(Math.max(answer?.ttl ?? ROUND, SOONEST), ROUND);
}

/**
 * True where the filter must be written: addresses come or go, or those that
 * stay would expire before the next look.
 */
export function differs(
  written: readonly KnownAddress[],
  known: readonly KnownAddress[],
  now: number,
): boolean {
  const names = (all: readonly KnownAddress[]) =>
    all.map(({ address }) => address).sort().join();
  if (names(written) !== names(known)) return true;
  return written.some(({ address, until }) =>
    until < now + SHORTEST + GRACE / 2 &&
    known.some((one) => one.address === address && one.until > until)
  );
}
