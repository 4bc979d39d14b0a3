import { assertEquals, assertRejects } from "@std/assert";
import { parseRange, serveFolder, splitFault } from "./mirror.ts";

async function withMirror(
  run: (base: string, log: string[]) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  await Deno.mkdir(`${folder}/iso`);
  await Deno.writeTextFile(`${folder}/iso/file`, "0123456789");
  await Deno.mkdir(`${folder}/api`);
  await Deno.writeTextFile(`${folder}/api/index.json`, "{}");
  const log: string[] = [];
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    serveFolder(
      folder,
      (line) => log.push(line.split("\t").slice(1).join(" ")),
    ),
  );
  try {
    await run(`http://127.0.0.1:${server.addr.port}`, log);
  } finally {
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
}

const get = async (url: string, range?: string) => {
  const response = await fetch(
    url,
    range === undefined ? {} : { headers: { range } },
  );
  return {
    status: response.status,
    text: await response.text(),
    length: response.headers.get("content-length"),
  };
};

Deno.test("mirror: whole files, ranges, HEAD and a log", () =>
  withMirror(async (base, log) => {
    assertEquals(await get(`${base}/iso/file`), {
      status: 200,
      text: "0123456789",
      length: "10",
    });
    assertEquals(await get(`${base}/iso/file`, "bytes=4-"), {
      status: 206,
      text: "456789",
      length: "6",
    });
    assertEquals((await get(`${base}/iso/file`, "bytes=10-")).status, 416);
    assertEquals((await get(`${base}/iso/none`)).status, 404);
    assertEquals((await get(`${base}/../../etc/passwd`)).status, 404);
    const head = await fetch(`${base}/iso/file`, { method: "HEAD" });
    await head.body?.cancel();
    assertEquals(head.headers.get("content-length"), "10");
    assertEquals(log, [
      "GET 200 10 /iso/file",
      "GET 206 6 /iso/file",
      "GET 416 0 /iso/file",
      "GET 404 10 /iso/none",
      "GET 404 10 /etc/passwd",
      "HEAD 200 0 /iso/file",
    ]);
  }));

Deno.test("mirror: a folder is its index.json, or a list", () =>
  withMirror(async (base) => {
    assertEquals((await get(`${base}/api/`)).text, "{}");
    assertEquals(
      (await get(`${base}/iso/`)).text.includes('href="file"'),
      true,
    );
  }));

Deno.test("mirror: a download that breaks off can be resumed", () =>
  withMirror(async (base) => {
    await assertRejects(() => get(`${base}/fault/truncate/4/iso/file`));
    assertEquals(
      (await get(`${base}/fault/truncate/4/iso/file`, "bytes=4-")).text,
      "456789",
    );
  }));

Deno.test("mirror: the other faults", () =>
  withMirror(async (base) => {
    assertEquals((await get(`${base}/fault/404/iso/file`)).status, 404);
    assertEquals((await get(`${base}/fault/500/iso/file`)).status, 500);
    assertEquals(
      (await get(`${base}/fault/corrupt/3/iso/file`)).text,
      "0122456789",
    );
    assertEquals(
      (await get(`${base}/fault/norange/iso/file`, "bytes=4-")).text,
      "0123456789",
    );
    assertEquals(
      (await get(`${base}/fault/redirect/iso/file`)).text,
      "0123456789",
    );
    const began = performance.now();
    assertEquals(
      (await get(`${base}/fault/slow/50/iso/file`)).text,
      "0123456789",
    );
    assertEquals(performance.now() - began >= 150, true);
  }));

Deno.test("mirror: a stalled download ends only when the client gives up", () =>
  withMirror(async (base) => {
    const response = await fetch(`${base}/fault/stall/4/iso/file`, {
      signal: AbortSignal.timeout(300),
    });
    await assertRejects(() => response.text());
  }));

Deno.test("mirror: fault paths and ranges", () => {
  assertEquals(splitFault("/iso/file"), { path: "/iso/file" });
  assertEquals(splitFault("/fault/slow/9/iso/file"), {
    fault: { kind: "slow", amount: 9 },
    path: "/iso/file",
  });
  assertEquals(splitFault("/fault/404/iso"), {
    fault: { kind: "404", amount: 0 },
    path: "/iso",
  });
  assertEquals(splitFault("/fault/other/9/iso"), {
    path: "/fault/other/9/iso",
  });
  assertEquals(parseRange("bytes=2-3", 10), { start: 2, end: 4 });
  assertEquals(parseRange("bytes=-3", 10), { start: 7, end: 10 });
  assertEquals(parseRange("bytes=12-", 10), null);
  assertEquals(parseRange("lines=1-2", 10), undefined);
  assertEquals(parseRange(null, 10), undefined);
});

Deno.test("mirror: 304 for what the client has already", () =>
  withMirror(async (base) => {
    const first = await fetch(`${base}/iso/file`);
    await first.body?.cancel();
    const since = first.headers.get("last-modified")!;
    const again = await fetch(`${base}/iso/file`, {
      headers: { "if-modified-since": since },
    });
    assertEquals([again.status, await again.text()], [304, ""]);
  }));
