/** The version of the toolkit, from deno.json. */

import deno from "../../deno.json" with { type: "json" };

export const VERSION: string = deno.version;
