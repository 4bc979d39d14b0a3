// The lab's mirror: serves a folder over HTTP the way a package mirror does, keeps a log that tests can count in, and
// misbehaves where the path asks for it.
//
//   mirror.ts FOLDER PORT LOG
//
// A base URL ending in one of these is a mirror with that fault:
//   /fault/404            has nothing
//   /fault/500            is broken
//   /fault/truncate/N     breaks off at byte N of a file; a request that starts at N or later is answered whole
//   /fault/slow/N         sends N bytes a second
//   /fault/stall/N        falls silent at byte N of a file and keeps the connection
//   /fault/corrupt/N      has one wrong bit in byte N of every file longer than that
//   /fault/norange        does not know Range and sends whole files
//   /fault/redirect       sends the client on to the sound mirror
//
// One line of log for each answer, when it has ended: time, method, status, bytes sent, path; by tabs.

interface Fault {
  kind: string;
  amount: number;
}

const faultsWithAmount = new Set(["truncate", "slow", "stall", "corrupt"]);
const faultsWithout = new Set(["404", "500", "norange", "redirect"]);

/** Splits `/fault/slow/1000/iso/x` into the fault and the path on the mirror. */
export function splitFault(path: string): { fault?: Fault; path: string } {
  const [, mark, kind = "", ...rest] = path.split("/");
  if (mark !== "fault") return { path };
  if (faultsWithout.has(kind)) {
    return { fault: { kind, amount: 0 }, path: "/" + rest.join("/") };
  }
  const amount = Number(rest[0]);
  if (faultsWithAmount.has(kind) && Number.isSafeInteger(amount)) {
    return { fault: { kind, amount }, path: "/" + rest.slice(1).join("/") };
  }
  return { path };
}

/** The bytes asked for: `undefined` for the whole file, `null` when they lie outside it. */
export function parseRange(
  header: string | null,
  size: number,
): { start: number; end: number } | null | undefined {
  const match = header?.match(/^bytes=(\d*)-(\d*)$/);
  if (!match || (match[1] === "" && match[2] === "")) return undefined;
  const start = match[1] === ""
    ? Math.max(0, size - Number(match[2]))
    : Number(match[1]);
  const end = match[1] === "" || match[2] === ""
    ? size
    : Math.min(size, Number(match[2]) + 1);
  return start < end ? { start, end } : null;
}

/** The bytes from start to end of a file, as the fault lets them through. */
async function* chunks(
  file: Deno.FsFile,
  start: number,
  end: number,
  fault?: Fault,
): AsyncGenerator<Uint8Array> {
  const step = fault?.kind === "slow"
    ? Math.max(1, Math.min(65536, Math.ceil(fault.amount / 10)))
    : 65536;
  await file.seek(start, Deno.SeekMode.Start);
  let at = start;
  while (at < end) {
    let want = Math.min(step, end - at);
    if (
      (fault?.kind === "truncate" || fault?.kind === "stall") &&
      at <= fault.amount
    ) {
      want = Math.min(want, fault.amount - at);
      if (want === 0 && start < fault.amount) {
        if (fault.kind === "truncate") return;
        await new Promise(() => {});
      }
      if (want === 0) want = Math.min(step, end - at);
    }
    const chunk = new Uint8Array(want);
    const got = await file.read(chunk);
    if (got === null) return;
    if (
      fault?.kind === "corrupt" && at <= fault.amount && fault.amount < at + got
    ) chunk[fault.amount - at]! ^= 1;
    if (fault?.kind === "slow") {
      await new Promise((resolve) =>
        setTimeout(resolve, (1000 * got) / fault.amount)
      );
    }
    at += got;
    yield chunk.subarray(0, got);
  }
}

const types: Record<string, string> = {
  json: "application/json",
  txt: "text/plain",
  iso: "application/octet-stream",
};

/** The file a path stands for; nothing when that is a folder without index.json. */
async function fileFor(path: string): Promise<string | undefined> {
  if (!(await Deno.stat(path)).isDirectory) return path;
  const index = `${path}/index.json`;
  return await Deno.stat(index).then(() => index, () => undefined);
}

async function indexOf(folder: string): Promise<string> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    names.push(entry.isDirectory ? `${entry.name}/` : entry.name);
  }
  const links = names.sort().map((name) =>
    `<a href="${encodeURI(name)}">${name}</a>`
  );
  return `<html><body><pre>\n${links.join("\n")}\n</pre></body></html>\n`;
}

export function serveFolder(
  folder: string,
  log: (line: string) => void,
): (request: Request) => Promise<Response> {
  return async (request) => {
    const asked = decodeURIComponent(new URL(request.url).pathname);
    const { fault, path } = splitFault(asked);
    const note = (status: number, bytes: number) =>
      log(
        [new Date().toISOString(), request.method, status, bytes, asked].join(
          "\t",
        ),
      );
    const plain = (status: number, text: string, headers: HeadersInit = {}) => {
      note(status, text.length);
      // An empty body and none are not the same: 304 takes none.
      const body = request.method === "HEAD" || text === "" ? null : text;
      return new Response(body, {
        status,
        headers,
      });
    };

    if (request.method !== "GET" && request.method !== "HEAD") {
      return plain(405, "method not allowed\n");
    }
    if (fault?.kind === "404") return plain(404, "not found\n");
    if (fault?.kind === "500") return plain(500, "internal error\n");
    if (fault?.kind === "redirect") {
      return plain(302, "", { location: encodeURI(path) });
    }

    let file: Deno.FsFile | undefined;
    try {
      const onDisk = await fileFor(folder + path);
      if (onDisk === undefined) {
        return plain(200, await indexOf(folder + path), {
          "content-type": "text/html",
        });
      }
      file = await Deno.open(onDisk);
      const info = await file.stat();
      const headers = new Headers({
        "content-type": types[onDisk.split(".").pop()!] ??
          "application/octet-stream",
        "last-modified": (info.mtime ?? new Date(0)).toUTCString(),
      });
      if (fault?.kind !== "norange") headers.set("accept-ranges", "bytes");
      const range = fault?.kind === "norange"
        ? undefined
        : parseRange(request.headers.get("range"), info.size);
      if (range === null) {
        file.close();
        return plain(416, "", { "content-range": `bytes */${info.size}` });
      }
      const modifiedSince = request.headers.get("if-modified-since");
      if (
        !range && modifiedSince &&
        Math.floor(info.mtime!.getTime() / 1000) * 1000 <=
          Date.parse(modifiedSince)
      ) {
        file.close();
        return plain(304, "", headers);
      }
      const { start, end } = range ?? { start: 0, end: info.size };
      headers.set("content-length", String(end - start));
      if (range) {
        headers.set("content-range", `bytes ${start}-${end - 1}/${info.size}`);
      }
      const status = range ? 206 : 200;
      if (request.method === "HEAD") {
        file.close();
        note(status, 0);
        return new Response(null, { status, headers });
      }
      return new Response(
        body(
          file,
          chunks(file, start, end, fault),
          (sent) => note(status, sent),
        ),
        { status, headers },
      );
    } catch (error) {
      try {
        file?.close();
      } catch { /* closed already */ }
      return error instanceof Deno.errors.NotFound ||
          error instanceof Deno.errors.NotADirectory
        ? plain(404, "not found\n")
        : plain(500, `${error}\n`);
    }
  };
}

function body(
  file: Deno.FsFile,
  source: AsyncGenerator<Uint8Array>,
  ended: (sent: number) => void,
): ReadableStream {
  let sent = 0;
  let over = false;
  const finish = () => {
    if (over) return;
    over = true;
    file.close();
    ended(sent);
  };
  return new ReadableStream({
    async pull(controller) {
      try {
        const next = await source.next();
        if (over) return;
        if (next.done) {
          finish();
          controller.close();
        } else {
          sent += next.value.length;
          controller.enqueue(next.value);
        }
      } catch (error) {
        finish();
        controller.error(error);
      }
    },
    cancel: finish,
  });
}

if (import.meta.main) {
  const [folder = ".", port = "80", logPath = "/dev/stderr"] = Deno.args;
  const logFile = await Deno.open(logPath, { append: true, create: true });
  const encoder = new TextEncoder();
  Deno.serve(
    {
      port: Number(port),
      hostname: "0.0.0.0",
      onListen: () => {},
      onError: () => new Response(null, { status: 500 }),
    },
    serveFolder(
      folder,
      (line) => logFile.writeSync(encoder.encode(line + "\n")),
    ),
  );
}
