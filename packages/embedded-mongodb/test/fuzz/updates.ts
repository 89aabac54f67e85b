/** Random updates: operators, replacements, pipelines. */
import { Int32, Long } from 'bson';
import { expression } from './expressions.ts';
import { filter } from './filters.ts';
import type { Random } from './random.ts';
import { fields, NAMES, type Plain, path, scalar, value } from './values.ts';

function target(random: Random): string {
  if (!random.chance(0.15)) return path(random);
  const rest = random.chance(0.5) ? `.${random.pick(NAMES)}` : '';
  return `${random.pick(NAMES)}.${random.pick(['$[]', '$', '$[]'])}${rest}`;
}

function operand(random: Random, operator: string): unknown {
  switch (operator) {
    case '$inc':
    case '$mul':
      return scalar(random);
    case '$push':
      return random.chance(0.5) ? value(random, 1) : pushModifiers(random);
    case '$addToSet':
      return random.chance(0.6) ? value(random, 2) : { $each: random.times(0, 3, () => value(random, 2)) };
    case '$pull':
      return random.chance(0.6) ? value(random, 2) : random.chance(0.5) ? { $gte: scalar(random) } : filter(random, 2);
    case '$pullAll':
      return random.times(0, 3, () => value(random, 2));
    case '$pop':
      return new Int32(random.chance(0.5) ? 1 : -1);
    case '$bit':
      return { [random.pick(['and', 'or', 'xor'])]: random.chance(0.7) ? new Int32(5) : Long.fromNumber(6) };
    case '$rename':
      return path(random);
    default:
      return value(random, 1);
  }
}

function pushModifiers(random: Random): Plain {
  const result: Plain = { $each: random.times(0, 3, () => value(random, 2)) };
  if (random.chance(0.3)) result.$position = new Int32(random.below(5) - 2);
  if (random.chance(0.3)) result.$slice = new Int32(random.below(5) - 2);
  if (random.chance(0.3)) result.$sort = random.chance(0.5) ? new Int32(1) : { [random.pick(NAMES)]: new Int32(-1) };
  return result;
}

const OPERATORS = [
  '$set',
  '$set',
  '$unset',
  '$inc',
  '$mul',
  '$min',
  '$max',
  '$push',
  '$addToSet',
  '$pull',
  '$pullAll',
  '$pop',
  '$bit',
  '$rename',
  '$setOnInsert',
];

export function update(random: Random): unknown {
  if (random.chance(0.06)) return fields(random);
  if (random.chance(0.12)) return random.times(1, 2, () => stage(random));
  const result: Record<string, Plain> = {};
  for (let left = 1 + random.below(2); left > 0; left -= 1) {
    const operator = random.pick(OPERATORS);
    const old = result[operator] ?? {};
    result[operator] = { ...old, [target(random)]: operand(random, operator) };
  }
  return result;
}

export function stage(random: Random): Plain {
  switch (random.below(4)) {
    case 0:
      return { $unset: path(random).replaceAll(/\.\d/g, '') };
    case 1:
      return { $replaceWith: { $mergeObjects: ['$$ROOT', { [random.pick(NAMES)]: expression(random, 1) }] } };
    default:
      return { $set: { [path(random)]: expression(random) } };
  }
}
