/** Disposables that nobody could look at. */

import { refuseWithoutTerminal } from "../console/terminal.ts";
import type { Domain } from "../libvirt/domain.ts";
import { display } from "../spice/viewer.ts";

/**
 * Known before there is a VM that nobody can look at.
 *
 * @throws {Failure} `host`, with neither a display for its screen nor a terminal.
 */
export function refuseUnseen(
  { metadata }: Domain,
  { screen = display() !== undefined, terminal = Deno.stdin.isTerminal() } = {},
): void {
  if (metadata?.graphical && screen) return;
  refuseWithoutTerminal("cannot open the console of a disposable", terminal);
}
