/** Answers that come in pages. */
import type { Call, Transport } from './transport.ts';

/**
 * `for await (const item of list)` goes through all pages; `await list` is the first page as the API sends it, and
 * `list.page(cursor)` any.
 */
export class List<Item, Page> implements AsyncIterable<Item>, PromiseLike<Page> {
  readonly #read: (cursor: string | undefined) => Promise<Page>;
  readonly #items: (page: Page) => Item[];
  readonly #next: (page: Page) => string | null;

  constructor(
    read: (cursor: string | undefined) => Promise<Page>,
    items: (page: Page) => Item[],
    next: (page: Page) => string | null,
  ) {
    this.#read = read;
    this.#items = items;
    this.#next = next;
  }

  page(cursor?: string | null): Promise<Page> {
    return this.#read(cursor ?? undefined);
  }

  // biome-ignore lint/suspicious/noThenProperty: to be awaited is what it is for.
  then<Fulfilled = Page, Rejected = never>(
    onFulfilled?: ((page: Page) => Fulfilled | PromiseLike<Fulfilled>) | null,
    onRejected?: ((reason: unknown) => Rejected | PromiseLike<Rejected>) | null,
  ): Promise<Fulfilled | Rejected> {
    return this.page().then(onFulfilled, onRejected);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    let cursor: string | null | undefined;
    do {
      const page = await this.page(cursor);
      yield* this.#items(page);
      // A page may be empty and yet have one after it.
      cursor = this.#next(page);
    } while (cursor);
  }
}

/** A list whose pages name the one after them. */
export const cursorList = <Item, Page extends { next_cursor: string | null }>(
  transport: Transport,
  call: Call,
  items: (page: Page) => Item[],
): List<Item, Page> =>
  new List(
    (cursor) => transport.json<Page>({ ...call, query: { ...call.query, cursor } }),
    items,
    (page) => page.next_cursor,
  );
