/** Random cases: one command each, with what is needed to run it and to show it. */
import { Int32 } from 'bson';
import type { Collection, Document } from 'mongodb';
import { expression } from './expressions.ts';
import { filter, projection, sort } from './filters.ts';
import type { Random } from './random.ts';
import { update } from './updates.ts';
import { path } from './values.ts';

export type Case = {
  readonly kind: string;
  readonly ordered: boolean;
  readonly writes: boolean;
  readonly shown: unknown;
  readonly run: (collection: Collection) => Promise<unknown>;
};

/** Numbers keep their types on the way to the test. */
export const KEPT_TYPES = { promoteValues: false, bsonRegExp: true, ignoreUndefined: true } as const;
export const DOCUMENTS = 8;

const KINDS = [
  'find',
  'find',
  'find',
  'sort',
  'project',
  'update',
  'update',
  'update',
  'modify',
  'aggregate',
  'distinct',
];

export function makeCase(random: Random): Case {
  const kind = random.pick(KINDS);
  const query = filter(random);
  const reading = { kind, ordered: false, writes: false };
  switch (kind) {
    case 'sort': {
      const order = { ...sort(random), _id: new Int32(1) };
      const run = (c: Collection) =>
        c
          .find(query as Document)
          .sort(order as never)
          .toArray();
      return { ...reading, ordered: true, shown: { query, order }, run };
    }
    case 'project': {
      const shape = projection(random);
      return {
        ...reading,
        shown: { query, shape },
        run: c =>
          c
            .find(query as Document)
            .project(shape)
            .toArray(),
      };
    }
    case 'update': {
      const statement = { q: query, u: update(random), multi: random.chance(0.6), upsert: random.chance(0.15) };
      const one = { ...statement, q: { _id: new Int32(random.below(DOCUMENTS + 2)), ...query } };
      const shown = statement.multi ? statement : one;
      return { kind, ordered: false, writes: true, shown, run: c => runUpdate(c, shown) };
    }
    case 'modify': {
      const chosen = { _id: new Int32(random.below(DOCUMENTS)), ...query };
      const shown = { query: chosen, update: update(random), new: random.chance(0.5) };
      return { kind, ordered: false, writes: true, shown, run: c => runModify(c, shown) };
    }
    case 'aggregate': {
      const pipeline = [{ $project: { r: expression(random) } }];
      return { ...reading, shown: pipeline, run: c => c.aggregate(pipeline, KEPT_TYPES).toArray() };
    }
    case 'distinct': {
      const key = path(random);
      return { ...reading, shown: { key, query }, run: c => c.distinct(key, query as Document, KEPT_TYPES) };
    }
    default:
      return { ...reading, shown: query, run: c => c.find(query as Document).toArray() };
  }
}

async function runUpdate(collection: Collection, statement: Document): Promise<unknown> {
  const reply = await collection.db.command({ update: collection.collectionName, updates: [statement] }, KEPT_TYPES);
  const [error] = reply.writeErrors ?? [];
  if (error) return `write error ${error.code} n=${reply.n}`;
  const upserted = reply.upserted ? { ...reply.upserted[0], _id: typeof statement.q._id } : null;
  return [{ n: reply.n, nModified: reply.nModified, upserted }];
}

async function runModify(collection: Collection, command: Document): Promise<unknown> {
  const reply = await collection.db.command({ findAndModify: collection.collectionName, ...command }, KEPT_TYPES);
  return { value: reply.value, last: reply.lastErrorObject };
}
