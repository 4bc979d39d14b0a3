import { assertEquals, assertThrows } from "@std/assert";
import { Failure } from "../command/failure.ts";
import type { Listed } from "../libvirt/domain.ts";
import { findVersion, mustFindVersion, versions } from "./versions.ts";

const LIST: Listed[] = ["gui@10", "gui@9", "minimal@2"].map((name) => ({
  name,
  state: "shut off",
  kind: "template",
}));

Deno.test("versions() sorts by number, not by text", () => {
  assertEquals(versions(LIST).map(({ name }) => name), [
    "gui@9",
    "gui@10",
    "minimal@2",
  ]);
});

Deno.test("findVersion() takes the newest, or the one that is named", () => {
  assertEquals(findVersion(LIST, "gui")?.name, "gui@10");
  assertEquals(findVersion(LIST, "gui@9")?.name, "gui@9");
  assertEquals(findVersion(LIST, "gui@1"), undefined);
  assertEquals(findVersion(LIST, "none"), undefined);
});

Deno.test("mustFindVersion() says how to get one", () => {
  const failure = assertThrows(() => mustFindVersion(LIST, "web"), Failure);
  assertEquals(
    failure.message,
    'cannot find the template "web": no published version has that name',
  );
  assertEquals([failure.exit, failure.hint], [
    "missing",
    "vms-template build web",
  ]);
});
