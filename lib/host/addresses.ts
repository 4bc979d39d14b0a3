/** Addresses of this machine. */

import { endsOf } from "../firewall/address.ts";

/** IPv4 addresses of this machine. */
export function hostAddresses(): string[] {
  return interfaces().map(({ address }) => address);
}

/**
 * IPv4 addresses at which this machine hears: its own, and the two of each of
 * its networks that mean all who are in it (RFC 1122, 3.2.1.3).
 */
export function hostDestinations(): string[] {
  return interfaces().flatMap(({ address, cidr }) => {
    const prefix = Number(cidr.split("/")[1]);
    return [address, ...endsOf({ address, prefix })];
  });
}

function interfaces() {
  return Deno.networkInterfaces().filter(({ family }) => family === "IPv4");
}
