import { assertEquals } from "@std/assert";
import { inFolder } from "../../tests/tree_world.ts";
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
    // Others who read it wait as before.
    using same = await Deno.open(port.path);
    const later = same.read(new Uint8Array(10));
    await new Promise((done) => setTimeout(done, 50));
    host.writeSync(some.subarray(0, 7));
    assertEquals(await later, 7);
  });
});
