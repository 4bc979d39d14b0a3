import { assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../command/failure.ts";
import { poolSizes, setPoolSize } from "./pool_size.ts";

async function inHome(work: (path: string) => Promise<void>) {
  const home = await Deno.makeTempDir();
  const before = Deno.env.get("XDG_CONFIG_HOME");
  Deno.env.set("XDG_CONFIG_HOME", home);
  try {
    await work(`${home}/vms/pool.toml`);
  } finally {
    if (before === undefined) Deno.env.delete("XDG_CONFIG_HOME");
    else Deno.env.set("XDG_CONFIG_HOME", before);
    await Deno.remove(home, { recursive: true });
  }
}

Deno.test("setPoolSize() keeps a line for each template, and none for 0", async () => {
  await inHome(async (path) => {
    assertEquals([...await poolSizes()], []);
    await setPoolSize("gui", 2);
    await setPoolSize("dev", 1);
    assertEquals(await Deno.readTextFile(path), "dev = 1\ngui = 2\n");
    await setPoolSize("gui", 0);
    assertEquals([...await poolSizes()], [["dev", 1]]);
    await assertRejects(
      () => setPoolSize("gui", 51),
      Failure,
      "50 are the most",
    );
  });
});

Deno.test("poolSizes() names the line that is wrong", async () => {
  await inHome(async (path) => {
    await setPoolSize("gui", 1);
    for (const line of ["gui", "gui = x", "Gui = 1", "gui = 51", "= 2"]) {
      await Deno.writeTextFile(path, `# wanted\n\n${line}\n`);
      const why = "line 3 is not TEMPLATE = 0 to 50";
      await assertRejects(poolSizes, Failure, why);
    }
  });
});
