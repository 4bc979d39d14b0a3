/** JSON-RPC 2.0, the serving end: https://www.jsonrpc.org/specification */

import { log } from "./log.ts";

/** Codes of the specification, and those of this protocol. */
export const CODE = {
  parse: -32700,
  request: -32600,
  method: -32601,
  params: -32602,
  internal: -32603,
  command: -32000,
  permission: -32001,
  notFound: -32002,
  timeout: -32003,
} as const;

/** An answer that is an error. */
export class RpcError extends Error {
  constructor(readonly code: number, message: string) {
    super(message);
  }
}

export type Id = string | number | null;
export type Params = Record<string, unknown> | unknown[];

export interface Response {
  jsonrpc: "2.0";
  id: Id;
  result?: unknown;
  error?: { code: number; message: string };
}

/** Does what a method names. @throws {RpcError} what the caller is told. */
export type Call = (
  method: string,
  params: Params,
  notification: boolean,
) => Promise<unknown>;

/**
 * Answer one message, a request or a batch; undefined where none is due.
 *
 * @param ids of requests that are not answered yet: nobody could tell whose
 * answer one is that has the same, so it is refused. `null` names none.
 */
export async function respond(
  message: unknown,
  call: Call,
  ids = new Set<Id>(),
): Promise<Response | Response[] | undefined> {
  if (!Array.isArray(message)) return await one(message, call, ids);
  if (message.length === 0) return failed(null, CODE.request, "empty batch");
  const answers = await Promise.all(
    message.map((part) => one(part, call, ids)),
  );
  const due = answers.filter((answer) => answer !== undefined);
  return due.length > 0 ? due : undefined;
}

/** What is answered to a line that is no JSON, or none that can be held. */
export function failed(id: Id, code: number, message: string): Response {
  return { jsonrpc: "2.0", id, error: { code, message } };
}

async function one(
  message: unknown,
  call: Call,
  ids: Set<Id>,
): Promise<Response | undefined> {
  const request = message as Record<string, unknown>;
  const wrong = invalid(request);
  if (wrong) return failed(readableId(request), CODE.request, wrong);
  const { method, params = {} } = request;
  const id = request.id as Id;
  const notification = !("id" in request);
  if (ids.has(id)) {
    // Under its id it would look like the answer to the other one.
    return failed(null, CODE.request, "id is that of a request in flight");
  }
  if (!notification && id !== null) ids.add(id);
  try {
    const done = await call(method as string, params as Params, notification);
    if (notification) return;
    return { jsonrpc: "2.0", id, result: done ?? null };
  } catch (error) {
    if (notification) return;
    if (error instanceof RpcError) {
      return failed(id, error.code, error.message);
    }
    log("error", `${(error as Error)?.stack ?? error}`);
    return failed(id, CODE.internal, "internal error");
  } finally {
    ids.delete(id);
  }
}

function invalid(request: unknown): string | undefined {
  if (typeof request !== "object" || request === null) return "not an object";
  if (Array.isArray(request)) return "not an object";
  const { jsonrpc, method, params, id } = request as Record<string, unknown>;
  if (jsonrpc !== "2.0") return 'jsonrpc is not "2.0"';
  if (typeof method !== "string") return "method is not a string";
  if (params !== undefined && (typeof params !== "object" || params === null)) {
    return "params is neither an object nor an array";
  }
  if (id !== undefined && !isId(id)) {
    return "id is no string, whole number or null";
  }
}

/** A number that JSON.parse would hand back as another is none either. */
function isId(id: unknown): id is Id {
  return id === null || typeof id === "string" || Number.isSafeInteger(id);
}

function readableId(request: unknown): Id {
  const id = (request as Record<string, unknown> | null)?.id;
  return isId(id) ? id : null;
}
