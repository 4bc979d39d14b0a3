/** How many more VMs a host has room for. */

/** Of a VM that runs: bytes, null where they are not known. */
export interface Need {
  ownBytes: number | null;
  memoryMaxBytes: number | null;
}

export interface Capacity {
  /** VMs that could be measured. */
  measured: number;
  /** Bytes that they have of their own, one more or less at a time. */
  ownBytes: number;
  /** Of one on average, which is the size of those that may come. */
  eachBytes: number | null;
  /** More VMs that fit, as long as all stay as they are. */
  more: number | null;
  /** The same where each, also those that run, comes to use all its memory. */
  moreWhenFull: number | null;
}

/**
 * Reckon with the average VM.
 *
 * @param available bytes of the host that programs can be given.
 */
export function capacity(
  vms: readonly Need[],
  available: number,
): Capacity {
  const owns = vms.flatMap(({ ownBytes }) => ownBytes ?? []);
  const full = vms.flatMap(({ ownBytes, memoryMaxBytes }) =>
    ownBytes === null || memoryMaxBytes === null
      ? []
      : Math.max(ownBytes, memoryMaxBytes)
  );
  const ownBytes = sum(owns);
  const each = average(owns);
  const most = full.length === owns.length ? average(full) : null;
  return {
    measured: owns.length,
    ownBytes,
    eachBytes: each === null ? null : Math.round(each),
    more: fits(available, each),
    moreWhenFull: fits(available - (sum(full) - ownBytes), most),
  };
}

function fits(room: number, each: number | null): number | null {
  return each ? Math.max(0, Math.floor(room / each)) : null;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}

function average(numbers: readonly number[]): number | null {
  return numbers.length === 0 ? null : sum(numbers) / numbers.length;
}
