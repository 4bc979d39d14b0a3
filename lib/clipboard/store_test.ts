import { assertEquals } from "@std/assert";
import { join } from "@std/path/posix/join";
import { type Kept, Store } from "./store.ts";

function kept(text: string, more: Partial<Kept["label"]> = {}): Kept {
  const content = new TextEncoder().encode(text);
  return {
    label: {
      source: "web",
      kind: "text",
      bytes: content.length,
      sha256: "00",
      copied: 1000,
      expires: 61_000,
      ...more,
    },
    content,
  };
}

async function withStore(
  work: (store: Store, clock: { now: number }) => Promise<void>,
) {
  const directory = await Deno.makeTempDir();
  const clock = { now: 1000 };
  try {
    await work(new Store(directory, () => clock.now), clock);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function names(store: Store): string[] {
  return [...Deno.readDirSync(store.directory)].map(({ name }) => name);
}

Deno.test("Store.take() gives back every byte, once", () =>
  withStore(async (store) => {
    const given = kept("line\n\0\u{1f600}\n");
    await store.put(given);
    assertEquals(await store.look(), given.label);
    assertEquals(await store.take(), given);
    assertEquals(await store.take(), undefined);
    assertEquals(names(store), []);
  }));

Deno.test("Store.take() of many at once, one gets it", () =>
  withStore(async (store) => {
    await store.put(kept("x"));
    const all = await Promise.all(
      Array.from({ length: 8 }, () => store.take()),
    );
    assertEquals(all.filter(Boolean).length, 1);
  }));

Deno.test("Store.put() replaces what waited", () =>
  withStore(async (store) => {
    await store.put(kept("old"));
    await store.put(kept("new", { source: "bank" }));
    assertEquals((await store.take())?.label.source, "bank");
    assertEquals(names(store), []);
  }));

Deno.test("Store: what has expired is gone, also from the disk", () =>
  withStore(async (store, clock) => {
    await store.put(kept("x"));
    clock.now = 60_999;
    assertEquals((await store.look())?.source, "web");
    clock.now = 61_000;
    assertEquals(await store.look(), undefined);
    assertEquals(names(store), []);
    await store.put(kept("x"));
    assertEquals(await store.take(), undefined);
    assertEquals(names(store), []);
  }));

Deno.test("Store.putBack() does not replace what was copied since", () =>
  withStore(async (store) => {
    await store.put(kept("old"));
    const taken = await store.take();
    await store.putBack(taken!);
    assertEquals((await store.look())?.source, "web");
    const again = await store.take();
    await store.put(kept("new", { source: "bank" }));
    await store.putBack(again!);
    assertEquals((await store.look())?.source, "bank");
    assertEquals(names(store), ["clip"]);
  }));

Deno.test("Store: nobody else may read it", () =>
  withStore(async (store) => {
    await store.put(kept("x"));
    const { mode } = await Deno.stat(join(store.directory, "clip"));
    assertEquals(mode! & 0o777, 0o600);
  }));

Deno.test("Store.clear() deletes also what a crash left", () =>
  withStore(async (store) => {
    await store.put(kept("x"));
    await Deno.writeTextFile(join(store.directory, "taken-1"), "secret");
    await store.clear();
    assertEquals(names(store), []);
  }));
