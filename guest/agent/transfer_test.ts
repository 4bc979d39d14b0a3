/** The guest's end of a copy where somebody moves folders under its feet. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { inFolder, listing, pour, transfer } from "../../tests/tree_world.ts";
import { RpcError } from "./json_rpc.ts";
import { TreeError } from "./tree.ts";
import { receiveJudged, sendJudged } from "./tree_judged.ts";
import { send } from "./tree_send.ts";

/** `in/d`, which may be touched, and `out/d`, which may not. */
async function makeWorld(path: string, names: string[]) {
  for (const folder of ["in", "out"]) {
    await Deno.mkdir(`${path}/${folder}/d`, { recursive: true });
    for (const name of names) {
      const file = `${path}/${folder}/d/${name}`;
      await Deno.writeTextFile(file, `${folder} `.repeat(400_000));
    }
  }
}

/** What was judged gets another name; under its own lies a link elsewhere. */
async function swap(path: string) {
  await Deno.rename(`${path}/in/d`, `${path}/in/moved`);
  await Deno.symlink("../out/d", `${path}/in/d`);
}

Deno.test("what comes lands in the folder that was judged, wherever that is now", async () => {
  await inFolder(async (path) => {
    await makeWorld(path, []);
    await Deno.mkdir(`${path}/new/deep`, { recursive: true });
    for (const name of ["one", "two"]) {
      await Deno.writeTextFile(`${path}/new/deep/${name}`, name);
    }
    const end = transfer(
      [`${path}/in`],
      "receive",
      "--",
      `${path}/in/d`,
      "new",
    );
    async function* swapping() {
      const stream = send([`${path}/new`]);
      yield stream.next().value!;
      // Until the folder is held there is nothing to see in it.
      while ([...Deno.readDirSync(`${path}/in/d`)].length === 0) {
        await new Promise((done) => setTimeout(done, 10));
      }
      await swap(path);
      yield* stream;
    }
    const { paths } = await pour(swapping(), end);
    assertEquals(paths, [`${path}/in/d/new`]);
    assertEquals(await listing(`${path}/out/d`), {});
    assertEquals(Object.keys(await listing(`${path}/in/moved/new`)).sort(), [
      "deep/",
      "deep/one",
      "deep/two",
    ]);
  });
});

Deno.test("what goes out was judged: a link in its place is an error", async () => {
  await inFolder(async (path) => {
    await makeWorld(path, ["a", "b", "c"]);
    const { child, report } = transfer([`${path}/in`], "send", `${path}/in/d`);
    await child.stdin.close();
    const reader = child.stdout.getReader();
    const decoder = new TextDecoder();
    // It has found all there is; the pipe is full before it reads the last.
    let text = decoder.decode((await reader.read()).value);
    await swap(path);
    for (let next; !(next = await reader.read()).done;) {
      text += decoder.decode(next.value, { stream: true });
    }
    await child.status;
    assert(!text.includes("out "));
    const { error } = await report;
    assertMatch(
      error as string,
      /in\/d\/[abc] (has become a link|is not there)$/,
    );
  });
});

Deno.test("a link put in place between judging and opening leads nowhere", async () => {
  await inFolder(async (path) => {
    await makeWorld(path, []);
    for (const folder of ["in", "out"]) {
      await Deno.writeTextFile(`${path}/${folder}/d/file`, `from ${folder}`);
    }
    await Deno.symlink("../out/d", `${path}/in/swap`);
    // Turns in/d into a link to out/d and back as fast as it can.
    const swapping = new Deno.Command("sh", {
      args: [
        "-c",
        "trap exit TERM; " +
        "while :; do mv -T d e; mv -T swap d; mv -T d swap; mv -T e d; done",
      ],
      cwd: `${path}/in`,
      stderr: "null",
    }).spawn();
    await Deno.writeTextFile(`${path}/new`, "new");
    const [allowed, place] = [[`${path}/in`], `${path}/in/d`];
    const refused = (error: unknown) => {
      assert(
        error instanceof RpcError || error instanceof TreeError,
        `${error}`,
      );
    };
    let sent = "";
    try {
      // On a busy host all of them can come while the folder is away.
      const late = Date.now() + 30_000;
      for (let i = 0; i < 300 || (sent === "" && Date.now() < late); i++) {
        await new Response(ReadableStream.from(sendJudged([place], allowed)))
          .text().then((text) => sent += text, refused);
        await receiveJudged(
          send([`${path}/new`]),
          place,
          allowed,
          ["new"],
          true,
        )
          .catch(refused);
      }
    } finally {
      swapping.kill("SIGTERM");
      await swapping.status;
    }
    assert(sent.includes("from in"));
    assert(!sent.includes("from out"));
    assertEquals(Object.keys(await listing(`${path}/out/d`)), ["file"]);
  });
});

Deno.test("a path that the policy does not allow is neither read nor written", async () => {
  await inFolder(async (path) => {
    await makeWorld(path, ["a"]);
    await Deno.symlink("../out/d", `${path}/in/link`);
    for (const place of ["out/d", "in/link", "in/../out/d"]) {
      const refused = {
        kind: "failed",
        error: `${path}/out/d is in no allowed path`,
      };
      const sending = transfer([`${path}/in`], "send", `${path}/${place}`);
      await sending.child.stdin.close();
      assertEquals(await new Response(sending.child.stdout).text(), "");
      assertEquals(await sending.report, refused);
      await sending.child.status;
      const coming = transfer(
        [`${path}/in`],
        "receive",
        "--",
        `${path}/${place}`,
        "a",
      );
      assertEquals(await pour(send([`${path}/in/d/a`]), coming), refused);
    }
    assertEquals(Object.keys(await listing(`${path}/out/d`)), ["a"]);
  });
});

/** A pipe that nobody writes to. */
async function makePipe(path: string) {
  const { code } = await new Deno.Command("mkfifo", { args: [path] }).output();
  assertEquals(code, 0);
}

Deno.test("a pipe is left out, and not waited for", async () => {
  await inFolder(async (path) => {
    await makePipe(`${path}/pipe`);
    const { child, report } = transfer(["/"], "send", `${path}/pipe`);
    await child.stdin.close();
    const sent = await new Response(child.stdout).text();
    assert(sent.includes('"entries":0'), sent);
    assertEquals(await report, { skipped: [`${path}/pipe`] });
    await child.status;
  });
});

Deno.test("a pipe that takes the place of a file is an error, and not waited for", async () => {
  await inFolder(async (path) => {
    await makeWorld(path, ["a", "b", "c"]);
    const { child, report } = transfer(["/"], "send", `${path}/in/d`);
    await child.stdin.close();
    const reader = child.stdout.getReader();
    await reader.read();
    await Deno.remove(`${path}/in/d/c`);
    await makePipe(`${path}/in/d/c`);
    while (!(await reader.read()).done);
    const { error } = await report;
    assertEquals(error, `${path}/in/d/c was replaced`);
    await child.status;
  });
});
