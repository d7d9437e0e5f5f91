/** Items that one end pushes and the other takes in its own time. */
export class AsyncQueue<T> implements AsyncIterable<T> {
  readonly #items: T[] = [];
  #isEnded = false;
  #news = Promise.withResolvers<undefined>();

  push(item: T): void {
    if (this.#isEnded) return;
    this.#items.push(item);
    this.#news.resolve(undefined);
  }

  /** What was pushed is still taken; nothing comes after it. */
  end(): void {
    this.#isEnded = true;
    this.#news.resolve(undefined);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) {
        yield item;
      } else if (this.#isEnded) {
        return;
      } else {
        await this.#news.promise;
        this.#news = Promise.withResolvers();
      }
    }
  }
}
