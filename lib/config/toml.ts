/** TOML files that people write, checked key by key. */

import { Failure } from "../command/failure.ts";
import { printable } from "../names/names.ts";

/** Turns a value of the file into what the program uses; throws what is wrong. */
export type Field<T> = (value: unknown) => T;

/** Keys of a table; every one may be left out. */
export type Fields = Record<string, Field<unknown>>;

export type Read<F extends Fields> = { [K in keyof F]?: ReturnType<F[K]> };

/**
 * Read a TOML file with the keys given.
 *
 * @throws {Failure} `usage`, naming file, line and key.
 */
export async function readToml<F extends Fields>(
  path: string,
  fields: F,
): Promise<Read<F>> {
  return parseToml(path, await Deno.readTextFile(path), fields);
}

/** The same for a text that was read already. */
export async function parseToml<F extends Fields>(
  path: string,
  text: string,
  fields: F,
): Promise<Read<F>> {
  const { parse, TomlError } = await import("smol-toml");
  try {
    return table(fields)(parse(text)) as Read<F>;
  } catch (error) {
    if (error instanceof TomlError) {
      const why = error.message.split("\n")[0]!;
      throw unreadable(`${path}:${error.line}`, why);
    }
    if (error instanceof KeyError) {
      throw unreadable(`${path}:${lineOf(text, error.path)}`, error.message);
    }
    throw error;
  }
}

/** A value that fits its key but nothing around it. */
export function wrongKey(
  file: { path: string; source: string },
  key: string,
  why: string,
): Failure {
  const line = lineOf(file.source, [key]);
  return unreadable(`${file.path}:${line}`, `${key}: ${why}`);
}

function unreadable(place: string, why: string): Failure {
  return new Failure("usage", `cannot use ${place}`, why);
}

/** What is wrong, and with which key. */
class KeyError extends Error {
  constructor(readonly path: string[], why: string) {
    super(`${path.join(".")}: ${why}`);
  }
}

/** A table with just these keys. */
export function table<F extends Fields>(fields: F): Field<Read<F>> {
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new Error("must be a table");
    }
    const read = Object.entries(value).map(([key, given]) => {
      const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
      try {
        if (field) return [key, field(given)];
      } catch (error) {
        if (error instanceof KeyError) {
          throw new KeyError([key, ...error.path], tail(error));
        }
        throw new KeyError([key], (error as Error).message);
      }
      const known = Object.keys(fields).join(", ");
      throw new KeyError([key], `unknown key; known are ${known}`);
    });
    return Object.fromEntries(read) as Read<F>;
  };
}

function tail(error: KeyError): string {
  return error.message.slice(error.path.join(".").length + 2);
}

export const text: Field<string> = (value) => {
  if (typeof value === "string") return value;
  throw new Error("must be a string");
};

export const flag: Field<boolean> = (value) => {
  if (typeof value === "boolean") return value;
  throw new Error("must be true or false");
};

/** A string that `as` understands, such as a size. */
export function word<T>(as: (word: string) => T): Field<T> {
  return (value) => as(typeof value === "number" ? `${value}` : text(value));
}

/** A list of values of one kind. */
export function list<T>(field: Field<T>): Field<T[]> {
  return (value) => {
    if (!Array.isArray(value)) throw new Error("must be a list");
    return value.map(field);
  };
}

/** Strings by free keys, such as the contents of files by their path. */
export const strings: Field<Record<string, string>> = (value) => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error("must be a table");
  }
  for (const [key, given] of Object.entries(value)) {
    if (typeof given !== "string") {
      throw new Error(`${printable(key)} must be a string`);
    }
  }
  return value as Record<string, string>;
};

/** The line on which a key stands; the parser keeps no places. */
function lineOf(source: string, path: string[]): number {
  const lines = source.split("\n");
  let from = 0;
  if (path.length > 1) {
    const header = `[${path.slice(0, -1).join(".")}]`;
    from = Math.max(0, lines.findIndex((line) => line.trim() === header));
  }
  const key = path.at(-1)!;
  const bare = key.replace(/[^\w-]/g, "\\$&");
  const pattern = new RegExp(`^\\s*(?:\\[+)?"?${bare}"?\\s*(?:=|\\]|\\.)`);
  const at = lines.findIndex((line, i) => i >= from && pattern.test(line));
  return (at < 0 ? from : at) + 1;
}
