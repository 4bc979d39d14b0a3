/** The way to a guest that may not read, or not any more. */

/** What is written is over with the writer, also where nobody reads it. */
export class Writer {
  #to: WritableStreamDefaultWriter<Uint8Array>;
  #writing = new Set<(why: Error) => void>();
  #why?: Error;

  /** @param gone why writing fails where the other end has gone. */
  constructor(
    to: WritableStream<Uint8Array>,
    private readonly gone: () => Error,
  ) {
    this.#to = to.getWriter();
    this.#to.closed.catch(() => {});
  }

  /** Done when it is out. @throws {Error} why it is over. */
  write(bytes: Uint8Array): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#writing.add(reject);
    this.#to.write(bytes)
      .then(resolve, () => reject(this.#why ?? this.gone()))
      .finally(() => this.#writing.delete(reject));
    return promise;
  }

  end(why: Error) {
    this.#why = why;
    for (const reject of this.#writing) reject(why);
    void this.#to.close().catch(() => {});
  }
}
