import { assertEquals, assertThrows } from "@std/assert";
import { asUser } from "./credentials.ts";

const asRoot = { ignore: Deno.uid() !== 0 };
const USER = { uid: 4242, gid: 4243, groups: [4243, 4244] };

const STATUS = "/proc/thread-self/status";

/** What the kernel says of this thread, or of a program. */
function who(status: string): Record<string, string> {
  const wanted = /^(Uid|Gid|Groups|CapInh|CapPrm|CapEff|CapAmb):\s*(.*?)\s*$/gm;
  return Object.fromEntries(
    [...status.matchAll(wanted)].map(([, name, value]) => [name, value]),
  );
}

const NOTHING = "0".repeat(16);

Deno.test(
  "asUser() starts programs that keep nothing of root",
  asRoot,
  async () => {
    const before = who(Deno.readTextFileSync(STATUS));
    const child = asUser(USER, () =>
      new Deno.Command("cat", {
        args: ["/proc/self/status"],
        stdout: "piped",
      }).spawn());
    const { stdout } = await child.output();
    assertEquals(who(new TextDecoder().decode(stdout)), {
      Uid: "4242\t4242\t4242\t4242",
      Gid: "4243\t4243\t4243\t4243",
      Groups: "4243 4244",
      CapInh: NOTHING,
      CapPrm: NOTHING,
      CapEff: NOTHING,
      CapAmb: NOTHING,
    });
    assertEquals(who(Deno.readTextFileSync(STATUS)), before);
  },
);

Deno.test("asUser() is over where its work fails", asRoot, () => {
  const before = who(Deno.readTextFileSync(STATUS));
  assertThrows(
    () =>
      asUser(USER, () => {
        assertEquals(who(Deno.readTextFileSync(STATUS)).Groups, "4243 4244");
        throw new Error("no");
      }),
    Error,
    "no",
  );
  assertEquals(who(Deno.readTextFileSync(STATUS)), before);
});

Deno.test("asUser() of oneself changes nothing", () => {
  const me = { uid: Deno.uid()!, gid: Deno.gid()!, groups: [1, 2, 3] };
  assertEquals(asUser(me, () => 7), 7);
});
