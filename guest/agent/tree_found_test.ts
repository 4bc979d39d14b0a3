import { assertEquals } from "@std/assert";
import type { Entry } from "./tree.ts";
import { Found } from "./tree_found.ts";

Deno.test("Found has all that was added, in its order, however much", () => {
  const entries: Entry[] = [{
    type: "link",
    path: "d/l",
    target: "\n\u{1F600}",
  }];
  for (let i = 0; i < 5000; i++) {
    const path = `d/${"long name ".repeat(i % 100)}${i}`;
    const common = { path, mode: 0o644, mtime: i };
    entries.push({ type: "file", ...common, size: i });
    if (i % 7 === 0) entries.push({ type: "directory", ...common });
  }
  const found = new Found();
  entries.forEach((entry) => found.add(entry));
  assertEquals([...found], entries);
  assertEquals(found.count, entries.length);
  assertEquals(found.bytes, 5000 * 4999 / 2);
  assertEquals([...new Found()], []);
});
