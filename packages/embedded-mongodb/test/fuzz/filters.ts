/** Random filters, sorts and projections. */
import { BSONRegExp, Int32 } from 'bson';
import { expression } from './expressions.ts';
import type { Random } from './random.ts';
import { NAMES, type Plain, path, scalar, value } from './values.ts';

const TYPES = [
  'double',
  'string',
  'object',
  'array',
  'binData',
  'objectId',
  'bool',
  'date',
  'null',
  'int',
  'long',
  'decimal',
  'number',
  'timestamp',
  'minKey',
  'maxKey',
];

function condition(random: Random, depth: number): unknown {
  switch (random.below(19)) {
    case 0:
    case 1:
      return { [random.pick(['$gt', '$gte', '$lt', '$lte'])]: random.chance(0.8) ? scalar(random) : value(random, 1) };
    case 2:
      return { $gte: scalar(random), $lt: scalar(random) };
    case 3:
      return { $ne: random.chance(0.8) ? scalar(random) : value(random, 1) };
    case 4:
      return { $in: random.times(0, 4, () => (random.chance(0.8) ? scalar(random) : value(random, 1))) };
    case 5:
      return { $nin: random.times(0, 3, () => scalar(random)) };
    case 6:
      return { $exists: random.chance(0.5) };
    case 7:
      return { $type: random.chance(0.7) ? random.pick(TYPES) : random.times(1, 3, () => random.pick(TYPES)) };
    case 8:
      return { $size: new Int32(random.below(4)) };
    case 9:
      return { $all: random.times(0, 3, () => value(random, 2)) };
    case 10:
      return { $elemMatch: depth < 2 ? filter(random, depth + 1) : { a: scalar(random) } };
    case 11:
      return { $elemMatch: { [random.pick(['$gt', '$lt', '$gte', '$ne', '$eq'])]: scalar(random) } };
    case 12:
      return { $mod: [new Int32(1 + random.below(3)), new Int32(random.below(2))] };
    case 13:
      return { $regex: random.pick(['^a', 'b$', '.', 'A']), $options: random.pick(['', 'i']) };
    case 14: {
      const inner = condition(random, depth + 1);
      const isOperators = typeof inner === 'object' && inner !== null && Object.keys(inner)[0]?.startsWith('$');
      return isOperators ? { $not: inner } : inner;
    }
    case 15:
      return {
        [random.pick(['$bitsAllSet', '$bitsAnySet', '$bitsAllClear', '$bitsAnyClear'])]: [new Int32(random.below(4))],
      };
    case 16:
      return new BSONRegExp('^a', '');
    default:
      return random.chance(0.6) ? scalar(random) : value(random, 1);
  }
}

export function filter(random: Random, depth = 0): Plain {
  const result: Plain = {};
  for (let left = 1 + random.below(2); left > 0; left -= 1) {
    if (depth < 2 && random.chance(0.15)) {
      result[random.pick(['$and', '$or', '$nor'])] = random.times(1, 3, () => filter(random, depth + 1));
    } else if (depth === 0 && random.chance(0.06)) result.$expr = expression(random, 1);
    else result[path(random)] = condition(random, depth);
  }
  return result;
}

export function sort(random: Random): Plain {
  return Object.fromEntries(random.times(1, 2, () => [path(random), new Int32(random.chance(0.5) ? 1 : -1)]));
}

export function projection(random: Random): Plain {
  const result: Plain = {};
  const inclusion = random.chance(0.5);
  for (let left = 1 + random.below(3); left > 0; left -= 1) {
    const kind = random.below(12);
    if (kind === 0) result[random.pick(NAMES)] = { $slice: new Int32(random.below(5) - 2) };
    else if (kind === 1)
      result[random.pick(NAMES)] = { $slice: [new Int32(random.below(5) - 2), new Int32(1 + random.below(2))] };
    else if (kind === 2) result[random.pick(NAMES)] = { $elemMatch: filter(random, 2) };
    else if (kind === 3 && inclusion) result[random.pick(NAMES)] = expression(random, 1);
    else result[path(random)] = new Int32(inclusion ? 1 : 0);
  }
  if (random.chance(0.2)) result._id = new Int32(random.below(2));
  return result;
}
