/** Addresses of this machine. */

/** IPv4 addresses of this machine. */
export function hostAddresses(): string[] {
  return Deno.networkInterfaces().filter(({ family }) => family === "IPv4")
    .map(({ address }) => address);
}
