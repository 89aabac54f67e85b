/** Random values and documents: few names and few values, so that filters meet something. */
import { Binary, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp } from 'bson';
import type { Random } from './random.ts';

export type Plain = Record<string, unknown>;

export const NAMES = ['a', 'b', 'c', 'd'];

const SCALARS: readonly (() => unknown)[] = [
  () => new Int32(0),
  () => new Int32(1),
  () => new Int32(2),
  () => new Int32(-3),
  () => new Int32(7),
  () => new Double(1),
  () => new Double(1.5),
  () => new Double(-1.5),
  () => new Double(Number.NaN),
  () => Long.fromNumber(1),
  () => Long.fromString('9007199254740993'),
  () => Long.fromNumber(2),
  () => Decimal128.fromString('1'),
  () => Decimal128.fromString('1.50'),
  () => Decimal128.fromString('0.1'),
  () => 'a',
  () => 'ab',
  () => 'B',
  () => '',
  () => true,
  () => false,
  () => null,
  () => null,
  () => new Date(0),
  () => new Date(1_700_000_000_000),
  () => new Date(-1),
  () => new ObjectId('0123456789abcdef01234567'),
  () => new ObjectId('ffffffffffffffffffffffff'),
  () => new Binary(Buffer.from([1, 2]), 0),
  () => new Binary(Buffer.from([255]), 5),
  () => new Timestamp({ t: 5, i: 1 }),
  () => new MinKey(),
  () => new MaxKey(),
];

export function scalar(random: Random): unknown {
  // Small numbers and strings most of the time: they are what filters and updates meet.
  return random.chance(0.6) ? random.pick(SCALARS.slice(0, 8).concat(SCALARS.slice(15, 18)))() : random.pick(SCALARS)();
}

export function value(random: Random, depth = 0): unknown {
  if (depth < 3 && random.chance(0.18)) return random.times(0, 3, () => value(random, depth + 1));
  if (depth < 3 && random.chance(0.18)) return fields(random, depth + 1);
  return scalar(random);
}

export function fields(random: Random, depth = 0): Plain {
  const result: Plain = {};
  for (const name of NAMES) if (random.chance(0.55)) result[name] = value(random, depth);
  return result;
}

export function path(random: Random): string {
  const first = random.pick(NAMES);
  if (random.chance(0.6)) return first;
  const second = random.chance(0.2) ? random.pick(['0', '1', '2']) : random.pick(NAMES);
  if (random.chance(0.8)) return `${first}.${second}`;
  return `${first}.${second}.${random.chance(0.3) ? '0' : random.pick(NAMES)}`;
}
