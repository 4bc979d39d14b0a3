import { assertEquals } from "@std/assert";
import { readGroups, readUsers } from "./user.ts";

const PASSWD = "root:x:0:0::/root:/bin/bash\n" +
  "nobody:x:65534:65534::/:/usr/bin/nologin\n" +
  "ann:x:1000:1001::/home/ann:/usr/bin/zsh\n";

Deno.test("readUsers() finds the first user that was made", () => {
  const { root, user } = readUsers(PASSWD);
  assertEquals([root.uid, root.home], [0, "/root"]);
  assertEquals([user.name, user.gid, user.shell], [
    "ann",
    1001,
    "/usr/bin/zsh",
  ]);
  assertEquals(readUsers("").user.name, "root");
});

Deno.test("readGroups() are the user's own, and those that name the user", () => {
  const { user } = readUsers(PASSWD);
  const groups = "root:x:0:\nwheel:x:998:joanna,ann\nann:x:1001:ann\n" +
    "video:x:985:hanna\naudio:x:996:ann\n\nbroken\n";
  assertEquals(readGroups(groups, user), [1001, 998, 996]);
});
