import { assertEquals } from "@std/assert";
import { inFolder } from "../../tests/tree_world.ts";
import { libc } from "./libc_calls.ts";
import { O, openWithoutLinks } from "./libc.ts";
import { Pieces } from "./port.ts";

Deno.test("Pieces.read() is all that is there, and does not wait", async () => {
  await inFolder(async (path) => {
    const place = `${path}/port`;
    await new Deno.Command("mkfifo", { args: [place] }).output();
    using port = openWithoutLinks(place, O.RDWR);
    using host = await Deno.open(place, { write: true });
    const pieces = new Pieces(port.fd);
    assertEquals(pieces.read().length, 0);
    const some = new Uint8Array(10_001).map((_, i) => i % 251);
    host.writeSync(some);
    assertEquals(pieces.read(), some);
    assertEquals(pieces.read().length, 0);
    // Who reads it next waits as before.
    const [GETFL, NONBLOCK] = [3, 0o4000];
    assertEquals(libc().fcntl(port.fd, GETFL, 0) & NONBLOCK, 0);
  });
});
