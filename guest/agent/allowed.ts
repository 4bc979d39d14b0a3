/** What the policy allows, judged. */

import { CODE, RpcError } from "./json_rpc.ts";

/** @throws {RpcError} `permission`. */
export function demandPath(path: string, allowed: readonly string[]) {
  const inside = allowed.some((base) =>
    base === "/" || path === base || path.startsWith(`${base}/`)
  );
  if (!inside) {
    throw new RpcError(CODE.permission, `${path} is in no allowed path`);
  }
}

/**
 * Variables that make no program another one, and load nothing into it. There
 * is no end to those that do: PATH, LD_PRELOAD, BASH_ENV, PYTHONPATH.
 */
const HARMLESS =
  /^(TERM|COLORTERM|NO_COLOR|LANG|LANGUAGE|LC_[A-Z]+|TZ|DISPLAY|WAYLAND_DISPLAY)$/;

/**
 * A program by its name or path, and what it is to find in its environment. None
 * is listed where all of them are allowed.
 *
 * @throws {RpcError} `permission`.
 */
export function demandCommand(
  command: string,
  environment: Readonly<Record<string, string>>,
  allowed: readonly string[],
) {
  if (allowed.length === 0) return;
  if (!allowed.includes(command)) {
    throw new RpcError(CODE.permission, `${command} is no allowed command`);
  }
  const name = Object.keys(environment).find((one) => !HARMLESS.test(one));
  if (name === undefined) return;
  const why = "where allowed commands are listed";
  throw new RpcError(CODE.permission, `${name} may not be set ${why}`);
}
