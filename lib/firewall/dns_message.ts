/** Messages of DNS, as far as the addresses of a name take: RFC 1035, 4. */

/** What a name server said of a name. */
export interface DnsAnswer {
  /** IPv4 addresses. */
  addresses: string[];
  /** Seconds for which that holds. */
  ttl: number;
}

const A = 1;
const INTERNET = 1;

/** The question for the IPv4 addresses of a name. */
export function question(id: number, name: string): Uint8Array {
  const labels = name.split(".").flatMap((label) => [
    label.length,
    ...new TextEncoder().encode(label),
  ]);
  const recursive = 1;
  const head = [id >> 8, id & 255, recursive, 0, 0, 1, 0, 0, 0, 0, 0, 0];
  return Uint8Array.from([...head, ...labels, 0, 0, A, 0, INTERNET]);
}

/**
 * Read the answer. A name that does not exist has no addresses.
 *
 * @throws {Error} for what is no answer to that question.
 */
export function readAnswer(id: number, message: Uint8Array): DnsAnswer {
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  if (message.length < 12 || view.getUint16(0) !== id || !(message[2]! & 128)) {
    throw new Error("what came back is no answer");
  }
  const code = message[3]! & 15;
  const NO_SUCH_NAME = 3;
  if (code === NO_SUCH_NAME) return { addresses: [], ttl: 60 };
  if (code !== 0) {
    throw new Error(`the name server answered with error ${code}`);
  }
  let at = 12;
  for (let left = view.getUint16(4); left > 0; left--) {
    at = behindName(message, at) + 4;
  }
  return readRecords(message, view, at, view.getUint16(6));
}

function readRecords(
  message: Uint8Array,
  view: DataView,
  at: number,
  count: number,
): DnsAnswer {
  const found: DnsAnswer = { addresses: [], ttl: 86400 };
  for (let left = count; left > 0; left--) {
    at = behindName(message, at);
    if (at + 10 > message.length) throw new Error("the answer is cut off");
    const type = view.getUint16(at);
    const length = view.getUint16(at + 8);
    const data = message.subarray(at + 10, at + 10 + length);
    // That of a CNAME on the way counts as well.
    found.ttl = Math.min(found.ttl, view.getUint32(at + 4));
    if (type === A && data.length === 4) found.addresses.push(data.join("."));
    at += 10 + length;
  }
  return found;
}

/** Names are not read: a link to another place ends one. */
function behindName(message: Uint8Array, at: number): number {
  while (at < message.length) {
    const length = message[at]!;
    if (length >= 192) return at + 2;
    at += length + 1;
    if (length === 0) return at;
  }
  throw new Error("the answer is cut off");
}
