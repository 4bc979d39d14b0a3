import { assertEquals, assertMatch } from "@std/assert";
import { AGENT } from "../../tests/local_agent.ts";
import { inFolder } from "../../tests/tree_world.ts";
import { type Level, log, setLogLevel } from "./log.ts";

/** What is said of each level where that one is set. */
function said(level: Level): string[] {
  const lines: string[] = [];
  const { error } = console;
  console.error = (line: string) => void lines.push(line);
  try {
    setLogLevel(level);
    for (const one of ["error", "warn", "info", "debug"] as const) {
      log(one, `${one} is\n\x1b[2Jsaid`);
    }
  } finally {
    console.error = error;
    setLogLevel("warn");
  }
  return lines;
}

Deno.test("log says what is as bad as wanted, in one plain line each", () => {
  assertEquals(said("error"), ["<3>error is [2Jsaid"]);
  assertEquals(said("warn"), ["<3>error is [2Jsaid", "<4>warn is [2Jsaid"]);
  assertEquals(said("info").length, 3);
  assertEquals(said("debug").at(-1), "<7>debug is [2Jsaid");
});

Deno.test("the agent says as much as its policy wants", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/agent.toml`;
    await Deno.writeTextFile(path, 'log_level = "info"');
    const agent = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--allow-all", AGENT, path],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const reader = agent.stderr.getReader();
    const { value } = await reader.read();
    agent.kill("SIGKILL");
    await agent.status;
    await reader.cancel();
    assertMatch(new TextDecoder().decode(value), /^<6>version unknown\n/);
  });
});
