/** Random aggregation expressions. */
import { Int32 } from 'bson';
import type { Random } from './random.ts';
import { NAMES, scalar } from './values.ts';

const BINARY = ['$eq', '$ne', '$gt', '$gte', '$lt', '$lte', '$cmp', '$subtract', '$divide', '$mod'];
const MANY = [
  '$add',
  '$multiply',
  '$and',
  '$or',
  '$concatArrays',
  '$concat',
  '$max',
  '$min',
  '$sum',
  '$avg',
  '$mergeObjects',
  '$setUnion',
  '$ifNull',
];
const UNARY = [
  '$not',
  '$size',
  '$isArray',
  '$abs',
  '$ceil',
  '$floor',
  '$type',
  '$reverseArray',
  '$objectToArray',
  '$toString',
  '$toInt',
  '$toDouble',
  '$toBool',
  '$toLong',
  '$isNumber',
  '$first',
  '$last',
  '$toLower',
  '$strLenCP',
];

export function expression(random: Random, depth = 0): unknown {
  if (depth > 3 || random.chance(0.3)) return leaf(random);
  const inner = () => expression(random, depth + 1);
  switch (random.below(8)) {
    case 0:
    case 1:
      return { [random.pick(BINARY)]: [inner(), inner()] };
    case 2:
    case 3:
      return { [random.pick(MANY)]: random.times(2, 3, inner) };
    case 4:
      return { [random.pick(UNARY)]: [inner()] };
    case 5:
      return { $cond: [inner(), inner(), inner()] };
    case 6:
      return random.chance(0.5)
        ? { $filter: { input: leaf(random), as: 'x', cond: { [random.pick(BINARY.slice(0, 6))]: ['$$x', inner()] } } }
        : {
            $map: { input: leaf(random), as: 'x', in: { [random.pick(['$add', '$multiply'])]: ['$$x', new Int32(2)] } },
          };
    default:
      return random.chance(0.5)
        ? { $arrayElemAt: [leaf(random), new Int32(random.below(4) - 2)] }
        : { $in: [inner(), leaf(random)] };
  }
}

function leaf(random: Random): unknown {
  if (random.chance(0.7)) {
    return random.chance(0.7) ? `$${random.pick(NAMES)}` : `$${random.pick(NAMES)}.${random.pick(NAMES)}`;
  }
  const constant = scalar(random);
  return random.chance(0.2) ? [constant, scalar(random)] : constant;
}
