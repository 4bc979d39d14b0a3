/** A random address below QEMU's prefix 52:54:00; the last byte may be told. */
export function newMac(last?: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(3));
  if (last !== undefined) bytes[2] = last;
  return ["52", "54", "00", ...bytes].map((byte) =>
    typeof byte === "string" ? byte : byte.toString(16).padStart(2, "0")
  ).join(":");
}
