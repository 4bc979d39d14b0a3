import { assertEquals } from "@std/assert";
import { quiet } from "../lib/command/context.ts";
import { fakeContext } from "../lib/command/fake_context.ts";
import { CacheWorld } from "../tests/cache_world.ts";
import { run } from "../tests/iso_world.ts";
import { shareDownloads } from "./share.ts";

Deno.test("shareDownloads() tells what is not shared, also where nobody watches", async () => {
  await using world = await CacheWorld.make();
  const own = world.own("web");
  const file = await world.pack(own, { name: "other", key: world.stranger });
  const good = await world.pack(own);
  const context = fakeContext(run);
  await shareDownloads(world.config, quiet(context), "web");
  assertEquals(context.said.map((line) => line.split(": ").slice(0, 3)), [
    ["warning", "not shared", `"${file}"`],
  ]);
  assertEquals(await world.names(world.shared), [good, `${good}.sig`]);
});
