/** Reads the parameters of a request. What is wrong is told, not guessed. */

import { CODE, type Params as Given, RpcError } from "./json_rpc.ts";

/** Named parameters of one request. @throws {RpcError} `params` */
export class Params {
  #given: Record<string, unknown>;

  /** @param order names of those that may come by position. */
  constructor(given: Given, order: readonly string[]) {
    this.#given = Array.isArray(given)
      ? Object.fromEntries(given.map((value, at) => [order[at] ?? "", value]))
      : given;
    if ("" in this.#given) this.#wrong("params", `at most ${order.length}`);
  }

  text(name: string): string {
    const value = this.#given[name];
    if (typeof value === "string" && value !== "" && !value.includes("\0")) {
      return value;
    }
    return this.#wrong(name, "a string");
  }

  /** Also an empty one. */
  content(name: string): string {
    const value = this.#given[name];
    return typeof value === "string" ? value : this.#wrong(name, "a string");
  }

  optionalText(name: string): string | undefined {
    return this.#given[name] == null ? undefined : this.text(name);
  }

  flag(name: string, usual: boolean): boolean {
    const value = this.#given[name] ?? usual;
    return typeof value === "boolean" ? value : this.#wrong(name, "a boolean");
  }

  number(name: string, usual?: number): number {
    const value = this.#given[name] ?? usual;
    const fits = typeof value === "number" && Number.isFinite(value);
    return fits && value >= 0 ? value : this.#wrong(name, "a number");
  }

  /** A list of strings; none where it is left out. */
  list(name: string): string[] {
    const value = this.#given[name] ?? [];
    const words = Array.isArray(value) &&
      value.every((one) => typeof one === "string" && !one.includes("\0"));
    return words ? value as string[] : this.#wrong(name, "a list of strings");
  }

  /** Strings by name. */
  table(name: string): Record<string, string> {
    const value = this.#given[name] ?? {};
    const fits = typeof value === "object" && !Array.isArray(value) &&
      Object.entries(value).every(([key, text]) =>
        /^[A-Za-z_][A-Za-z0-9_]*$/.test(key) && typeof text === "string" &&
        !text.includes("\0")
      );
    return fits ? value as Record<string, string> : this.#wrong(
      name,
      "a table of strings",
    );
  }

  /** Parameters in a parameter; undefined where it is left out. */
  inner(name: string): Params | undefined {
    const value = this.#given[name];
    if (value == null) return;
    if (typeof value === "object") return new Params(value as Given, []);
    return this.#wrong(name, "an object");
  }

  oneOf<T extends string>(name: string, words: readonly T[], usual: T): T {
    const value = this.#given[name] ?? usual;
    return words.includes(value as T)
      ? value as T
      : this.#wrong(name, `one of ${words.join(", ")}`);
  }

  #wrong(name: string, should: string): never {
    throw new RpcError(CODE.params, `${name} must be ${should}`);
  }
}
