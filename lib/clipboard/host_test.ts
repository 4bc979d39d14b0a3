import { assertEquals } from "@std/assert";
import { offerArgv, readArgv } from "./host.ts";

Deno.test("readArgv(), offerArgv() speak to each kind of session", () => {
  const said = (["x11", "wayland"] as const).flatMap((session) => [
    readArgv(session, "text", "clipboard").join(" "),
    readArgv(session, "image", "primary").join(" "),
    offerArgv(session, "text", "clipboard").join(" "),
    offerArgv(session, "image", "primary").join(" "),
  ]);
  assertEquals(said, [
    "xclip -o -selection clipboard -target UTF8_STRING",
    "xclip -o -selection primary -target image/png",
    "xclip -quiet -loops 1 -i -selection clipboard -target UTF8_STRING",
    "xclip -quiet -loops 1 -i -selection primary -target image/png",
    "wl-paste --no-newline --type text/plain;charset=utf-8",
    "wl-paste --no-newline --type image/png --primary",
    "wl-copy --paste-once --type text/plain;charset=utf-8",
    "wl-copy --paste-once --type image/png --primary",
  ]);
});
