/** What the other tests in here work with. */

import { assertEquals } from "@std/assert";
import { vms } from "../e2e/vms.ts";

Deno.test("there is a template", async () => {
  await vms("iso", "fetch");
  assertEquals(await vms("template", "build", "minimal"), "minimal@1\n");
});
