import { assertEquals, assertRejects } from "@std/assert";
import { Failure } from "../command/failure.ts";
import { configFiles, DEFAULTS, loadConfig } from "./config.ts";

/** Load with a file of the user's own in the place of ~/.config/vms/vms.toml. */
async function withConfig(
  text: string | undefined,
  work: (path: string) => Promise<void>,
  env: Record<string, string> = {},
) {
  const home = await Deno.makeTempDir();
  const set: Record<string, string> = {
    XDG_CONFIG_HOME: home,
    LIBVIRT_DEFAULT_URI: "",
    ...env,
  };
  const before = Object.keys(set).map((key) => [key, Deno.env.get(key)]);
  try {
    for (const [key, value] of Object.entries(set)) Deno.env.set(key, value);
    await Deno.mkdir(`${home}/vms`);
    const path = `${home}/vms/vms.toml`;
    if (text !== undefined) await Deno.writeTextFile(path, text);
    await work(path);
  } finally {
    for (const [key, value] of before) {
      if (value === undefined) Deno.env.delete(key!);
      else Deno.env.set(key!, value);
    }
    await Deno.remove(home, { recursive: true });
  }
}

Deno.test("loadConfig() without files is the defaults", async () => {
  await withConfig(undefined, async () => {
    const { vm, guest } = await loadConfig();
    assertEquals([vm, guest], [DEFAULTS.vm, DEFAULTS.guest]);
  });
});

Deno.test("loadConfig() overrules key by key", async () => {
  const text = '[vm]\nmemory = "1G"\n[libvirt]\npool = "fast"\n';
  await withConfig(text, async () => {
    const { vm, libvirt } = await loadConfig();
    assertEquals(vm, { ...DEFAULTS.vm, memory: 2 ** 30 });
    assertEquals(libvirt, { ...DEFAULTS.libvirt, pool: "fast" });
  });
});

Deno.test("loadConfig() takes the connection from LIBVIRT_DEFAULT_URI", async () => {
  const text = '[libvirt]\nuri = "qemu:///session"\n';
  const uri = "test:///default";
  await withConfig(text, async () => {
    assertEquals((await loadConfig()).libvirt.uri, "qemu:///session");
  });
  await withConfig(text, async () => {
    assertEquals((await loadConfig()).libvirt.uri, uri);
  }, { LIBVIRT_DEFAULT_URI: uri });
});

Deno.test("loadConfig() leaves the defaults alone", async () => {
  const before = structuredClone(DEFAULTS);
  await withConfig("[vm]\nvcpus = 7\n", async () => void await loadConfig());
  assertEquals(DEFAULTS, before);
});

Deno.test("loadConfig() refuses an unknown key by file, line and key", async () => {
  await withConfig("[vm]\nmemmory = 1\n", async (path) => {
    const failure = await assertRejects(loadConfig, Failure);
    assertEquals(failure.exit, "usage");
    assertEquals(
      failure.message,
      `cannot use ${path}:2: vm.memmory: unknown key; ` +
        "known are template, memory, vcpus, home_size, ssh_keys",
    );
  });
});

Deno.test("loadConfig() refuses what no guest can be told", async () => {
  const lines = {
    user: '"root"',
    timezone: '"../UTC"',
    locale: '"de/DE"',
    keymap: '"d e"',
  };
  for (const [key, value] of Object.entries(lines)) {
    await withConfig(`[guest]\n${key} = ${value}\n`, async (path) => {
      const { exit, message } = await assertRejects(loadConfig, Failure);
      assertEquals(exit, "usage");
      const start = `cannot use ${path}:2: guest.${key}: ${value} is not a`;
      assertEquals(message.startsWith(start), true, message);
    });
  }
});

Deno.test("configFiles() are those of the host and of the user", async () => {
  await withConfig(undefined, (path) => {
    assertEquals(configFiles(), ["/etc/vms/vms.toml", path]);
    return Promise.resolve();
  });
});
