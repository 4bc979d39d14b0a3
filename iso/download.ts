/** Getting one big file: from several mirrors, going on where one broke off. */

import { type Complaint, complaint, mirrorsFailed } from "./mirrors.ts";
import type { Part } from "./part.ts";
import {
  type Answer,
  type Patience,
  refuseStatus,
  request,
  ServerFailed,
} from "./request.ts";

/** How often all mirrors are asked again while each round brings bytes. */
const ROUNDS = 20;

export interface DownloadOptions {
  /** What cannot be done where it fails, such as "cannot fetch 2026.03.01". */
  what: string;
  /** Called before the first byte of each answer; throws where no room is. */
  room(missing: number): Promise<void>;
  /** Bytes that are there, and bytes of the whole where they are known. */
  received(bytes: number, whole: number | undefined): void;
  patience?: Patience;
}

/** Where the bytes of a file came from. */
export interface Origin {
  /** Whether some were there before. */
  resumed: boolean;
  urls: Set<string>;
}

/**
 * Fill `part`, from the first URL that works; the next one goes on where one
 * broke off.
 *
 * @throws {Failure} `missing` where nobody has it, else `failed`.
 */
export async function download(
  part: Part,
  urls: readonly string[],
  options: DownloadOptions,
): Promise<Origin> {
  const origin: Origin = { resumed: part.size > 0, urls: new Set() };
  const said: Complaint[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = part.size;
    said.length = 0;
    for (const url of urls) {
      try {
        await transfer(part, url, origin, options);
        return origin;
      } catch (error) {
        said.push(complaint(url, error));
      }
    }
    if (part.size <= before) break;
  }
  throw mirrorsFailed(options.what, said);
}

/** Ask one server for what is missing. */
async function transfer(
  part: Part,
  url: string,
  origin: Origin,
  options: DownloadOptions,
): Promise<void> {
  const { patience } = options;
  const answer = await request(url, { from: part.size, patience });
  try {
    if (answer.status === 416 && part.size > 0) {
      if (wholeSize(answer) === part.size) return;
      // Longer than the whole: it is not of this file.
      await startAnew(part, origin);
      return await transfer(part, url, origin, options);
    }
    refuseStatus(answer);
    if (answer.status === 200) await startAnew(part, origin);
    else refuseOtherPart(answer, part.size);
    await receive(part, answer, { ...options, from: url, origin });
  } finally {
    answer.close();
  }
}

async function startAnew(part: Part, origin: Origin): Promise<void> {
  await part.empty();
  origin.resumed = false;
  origin.urls.clear();
}

async function receive(
  part: Part,
  answer: Answer,
  options: DownloadOptions & { from: string; origin: Origin },
): Promise<void> {
  const whole = wholeSize(answer);
  await options.room(Math.max(0, (whole ?? 0) - part.size));
  for await (const piece of answer.pieces) {
    await part.append(piece);
    options.origin.urls.add(options.from);
    options.received(part.size, whole);
  }
  if (whole !== undefined && part.size !== whole) {
    throw new ServerFailed(`it broke off at byte ${part.size} of ${whole}`);
  }
}

/** Bytes of the whole file: RFC 9110, Content-Range and Content-Length. */
function wholeSize({ status, headers }: Answer): number | undefined {
  const range = headers.get("content-range");
  const said = status === 200
    ? headers.get("content-length")
    : /\/(\d+)$/.exec(range ?? "")?.[1];
  return said ? Number(said) : undefined;
}

function refuseOtherPart({ headers }: Answer, from: number): void {
  const range = headers.get("content-range") ?? "";
  if (range.startsWith(`bytes ${from}-`)) return;
  throw new ServerFailed("it answers with another part than it was asked for");
}
