// Questions and writes that come while an earlier one is on its way are gathered into one command: a thousand posts due in one second
// cost the database tens of commands instead of thousands. Where nothing else is under way each goes out at once, by itself.

import type { Model } from 'mongoose';

/** Bounds a command's size and how long the others wait for it. */
const TOGETHER_AT_MOST = 100;
/** So that this process prepares the next command while the database works on one. */
const ON_THE_WAY_AT_MOST = 2;

/** `run` answers all of its items, in their order; where it fails, all of them fail. */
export function gather<Item, Answer>(
  run: (items: readonly Item[]) => Promise<readonly Answer[]>,
): (item: Item) => Promise<Answer> {
  let waiting: { item: Item; resolve: (answer: Answer) => void; reject: (error: unknown) => void }[] = [];
  let onTheWay = 0;

  async function send(): Promise<void> {
    if (waiting.length === 0 || onTheWay >= ON_THE_WAY_AT_MOST) return;
    const together = waiting.slice(0, TOGETHER_AT_MOST);
    waiting = waiting.slice(TOGETHER_AT_MOST);
    onTheWay++;
    try {
      const answers = await run(together.map(({ item }) => item));
      for (const [index, { resolve }] of together.entries()) resolve(answers[index] as Answer);
    } catch (error) {
      for (const { reject } of together) reject(error);
    } finally {
      onTheWay--;
      void send();
    }
  }

  return item =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      // What is asked in the same turn of the event loop goes together from the start.
      setImmediate(send);
    });
}

/** The answer to `ask` as of after each question, though many who ask at once share one. */
export function shareQuestion<Answer>(ask: () => Promise<Answer>): () => Promise<Answer> {
  const shared = gather<null, Answer>(async askers => {
    const answer = await ask();
    return askers.map(() => answer);
  });
  return () => shared(null);
}

/** A document's id, with whatever else must hold for the write. */
export type IdFilter = Readonly<Record<string, unknown>> & { readonly _id: string };

export type GatheredWrites<Stored extends { readonly _id: string }> = ReturnType<typeof gatherWrites<Stored>>;

interface GatheredWrite<Stored> {
  readonly filter: IdFilter;
  readonly change: readonly object[];
  /** Null where the writer wants the document itself. */
  readonly isIn: ((stored: Stored) => boolean) | null;
}

/**
 * Single-document writes by id and update pipeline, each atomic by itself. Where the rest of the filter does not match, nothing is
 * written.
 */
export function gatherWrites<Stored extends { readonly _id: string }>(model: Model<Stored>) {
  const { collection } = model;
  const find = findByIds(model);

  const send = gather<GatheredWrite<Stored>, Stored | null | boolean>(async writes => {
    const [only] = writes;
    if (only && !only.isIn && writes.length === 1) {
      const after = await collection.findOneAndUpdate(only.filter as never, only.change as never, {
        returnDocument: 'after',
      });
      const { _id } = only.filter;
      return [(after as unknown as Stored | null) ?? (await find([_id])).get(_id) ?? null];
    }
    const statements = writes.map(({ filter, change }) => ({ updateOne: { filter, update: change } }));
    const { matchedCount } = await collection.bulkWrite(statements as never, { ordered: false });
    // The answer has one count for all of them: where one is missing, the documents must say whose.
    const isDoubtful = matchedCount < writes.length;
    const unread = writes.filter(({ isIn }) => isDoubtful || !isIn);
    const stored = await find(unread.map(({ filter }) => filter._id));
    return writes.map(({ filter, isIn }) => {
      const document = stored.get(filter._id) ?? null;
      if (!isIn) return document;
      return isDoubtful ? document !== null && isIn(document) : true;
    });
  });

  return {
    /**
     * Gives the document as it stands afterwards, also where the rest of the filter did not match: whoever asks sees from the
     * document whether the write is in it. Null where there is none.
     */
    change: (filter: IdFilter, change: readonly object[]) =>
      send({ filter, change, isIn: null }) as Promise<Stored | null>,

    /** Whether the filter matched. The document is read only where that is in doubt; `isIn` then finds the write in it. */
    changeUnread: (filter: IdFilter, change: readonly object[], isIn: (stored: Stored) => boolean) =>
      send({ filter, change, isIn }) as Promise<boolean>,
  };
}

/** Documents by their ids, with the fields of `projection` alone where it is given. */
export function gatherReads<Stored extends { readonly _id: string }, Part = Stored>(
  model: Model<Stored>,
  projection?: Readonly<Record<string, 1>>,
): (id: string) => Promise<Part | null> {
  const find = findByIds<Stored, Part & { readonly _id: string }>(model, projection);
  return gather(async ids => {
    const found = await find(ids);
    return ids.map(id => found.get(id) ?? null);
  });
}

function findByIds<Stored extends { readonly _id: string }, Part extends { readonly _id: string } = Stored>(
  model: Model<Stored>,
  projection?: Readonly<Record<string, 1>>,
) {
  return async (ids: readonly string[]): Promise<Map<string, Part>> => {
    if (ids.length === 0) return new Map();
    const options = projection ? { projection: { ...projection } } : {};
    const found = await model.collection.find({ _id: { $in: [...ids] } } as never, options).toArray();
    return new Map((found as unknown as Part[]).map(stored => [stored._id, stored]));
  };
}
