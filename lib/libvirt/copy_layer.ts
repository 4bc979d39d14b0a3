/** Copying a layer, byte for byte, so that it goes on resting on its image. */

import { Failure } from "../command/failure.ts";
import { traceLine } from "../process/run.ts";
import type { Pool } from "./volume.ts";

/**
 * Copy a qcow2 file of the pool under a new name and mode.
 *
 * `vol-create-from` would copy all that the layer rests on into it, and no
 * other call of libvirt sets the mode of a file that is there.
 */
export async function copyLayer(
  pool: Pool,
  from: string,
  { name, mode }: { name: string; mode?: number },
): Promise<void> {
  const { virsh } = pool;
  const what = `cannot copy "${from}" to "${name}"`;
  const { physical } = await pool.volumeNamed(from);
  // The bytes of the file are what counts, whatever format they are.
  const raw = { name, capacity: physical, mode, format: "raw" as const };
  await virsh.must(what, pool.create(raw));
  const argv = (verb: string, volume: string, file: string) =>
    virsh.argv([verb, "--pool", pool.name, volume, file]);
  const download = argv("vol-download", from, "/dev/stdout");
  const upload = argv("vol-upload", name, "/dev/stdin");
  // What is talked to is run also where nothing may be changed.
  const pipe = [download, ["head", "-c", `${physical}`], upload];
  const trace = [pipe.map((words) => traceLine(words)).join(" | ")];
  if (virsh.dryRun) return void virsh.run.skips({ trace, changes: true });
  const source = virsh.run.talk(download);
  const target = virsh.run.talk(upload);
  await source.stdin.close();
  const drained = target.stdout.pipeTo(new WritableStream());
  await source.stdout.pipeThrough(atMost(physical)).pipeTo(target.stdin)
    .catch(() => {});
  const codes = await Promise.all([source.status, target.status]);
  await drained;
  const failed = codes.find(({ code }) => code !== 0);
  if (failed) {
    await virsh.try(pool.delete(name));
    throw new Failure(
      "failed",
      what,
      `virsh exited with ${failed.code}`,
      "df -h",
    );
  }
  await virsh.must(what, pool.refresh());
}

/** virsh ends what it downloads to its standard output with a newline. */
function atMost(bytes: number): TransformStream<Uint8Array, Uint8Array> {
  let left = bytes;
  return new TransformStream({
    transform(piece, controller) {
      const part = piece.subarray(0, left);
      left -= part.length;
      if (part.length > 0) controller.enqueue(part);
    },
  });
}
