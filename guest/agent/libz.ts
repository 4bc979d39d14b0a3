/** zlib's own library. Node's takes a slow guest a second to load. */

import type { Crc32 } from "./tree.ts";

/** It is there wherever packages are: pacman and dpkg need it. */
export function openZlib(): Crc32 {
  const { symbols } = Deno.dlopen("libz.so.1", {
    crc32: { parameters: ["usize", "buffer", "u32"], result: "u32" },
  });
  return (bytes, sum) => symbols.crc32(BigInt(sum), bytes, bytes.length);
}
