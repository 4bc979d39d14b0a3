import { assertEquals, assertRejects } from "@std/assert";
import { openPipe } from "./libc.ts";
import { NonblockingFile } from "./nonblocking.ts";

/** Both ends of a pipe, neither of which waits. */
function pipe(): { from: NonblockingFile; to: NonblockingFile } {
  const { ours, theirs } = openPipe("reads");
  return {
    from: new NonblockingFile(theirs.fd),
    to: new NonblockingFile(ours.fd),
  };
}

Deno.test("NonblockingFile hands on any size, and its end", async () => {
  const { from, to } = pipe();
  // More than a pipe holds, and no multiple of what is read at once.
  const all = new Uint8Array(3_000_001).map((_, i) => i % 251);
  const written = to.write(all).then(() => to[Symbol.dispose]());
  const got: number[] = [];
  let length = 0;
  for (let bytes; (bytes = await from.read()).length > 0;) {
    got.push(bytes[0]! === length % 251 ? 0 : length);
    length += bytes.length;
  }
  await written;
  from[Symbol.dispose]();
  assertEquals([length, got.filter((wrong) => wrong !== 0)], [all.length, []]);
});

Deno.test("NonblockingFile waits for what comes later", async () => {
  const { from, to } = pipe();
  const read = from.read().then((bytes) => bytes.slice());
  await new Promise((done) => setTimeout(done, 50));
  await to.write(new Uint8Array([7]));
  assertEquals(await read, new Uint8Array([7]));
  for (const end of [from, to]) end[Symbol.dispose]();
});

Deno.test("NonblockingFile says that nobody reads any more", async () => {
  const { from, to } = pipe();
  const written = assertRejects(
    () => to.write(new Uint8Array(3_000_000)),
    Error,
    "cannot write: Broken pipe",
  );
  await new Promise((done) => setTimeout(done, 50));
  from[Symbol.dispose]();
  await written;
  to[Symbol.dispose]();
});
