/** What the other tests in here work with. */

import { assertEquals } from "@std/assert";
import { vms } from "../e2e/vms.ts";

Deno.test("there is a template", async () => {
  await vms("iso", "fetch");
  // One that another lab of this run has built will do.
  if (await vms("template", "list") === "minimal@1\n") return;
  assertEquals(await vms("template", "build", "minimal"), "minimal@1\n");
});
