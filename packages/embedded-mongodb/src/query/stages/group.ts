/** `$group` and its accumulators. */
import { compareValues } from '../../codec/compare.ts';
import { keyString } from '../../codec/keys.ts';
import { divideNumbers } from '../../codec/numbers.ts';
import { type Document, int, isNullish, isNumber, type NumberValue, typeName, type Value } from '../../codec/values.ts';
import { CommandError } from '../../server/errors.ts';
import { addValues } from '../expressions/arithmetic.ts';
import { type Expression, parseExpression } from '../expressions/expression.ts';
import type { Stage, StageContext } from './pipeline.ts';

type Accumulator = { add: (value: Value | undefined) => void; result: () => Value };

function extreme(sign: number): Accumulator {
  let best: Value | undefined;
  return {
    add(value) {
      if (isNullish(value)) return;
      if (best === undefined || sign * compareValues(value as Value, best) > 0) best = value;
    },
    result: () => best ?? null,
  };
}

const ACCUMULATORS: Record<string, () => Accumulator> = {
  $sum: () => {
    let sum: NumberValue = int(0);
    return {
      add: value => {
        if (isNumber(value)) sum = addValues(sum, value);
      },
      result: () => sum,
    };
  },
  $avg: () => {
    let sum: NumberValue = int(0);
    let count = 0;
    return {
      add: value => {
        if (!isNumber(value)) return;
        sum = addValues(sum, value);
        count += 1;
      },
      result: () => (count === 0 ? null : divideNumbers(sum, int(count))),
    };
  },
  $max: () => extreme(1),
  $min: () => extreme(-1),
  $first: () => {
    let first: Value | undefined;
    let seen = false;
    return {
      add: value => {
        if (!seen) first = value;
        seen = true;
      },
      result: () => first ?? null,
    };
  },
  $last: () => {
    let last: Value | undefined;
    return {
      add: value => {
        last = value;
      },
      result: () => last ?? null,
    };
  },
  $push: () => {
    const values: Value[] = [];
    return {
      add: value => {
        if (value !== undefined) values.push(value);
      },
      result: () => values,
    };
  },
  $addToSet: () => {
    const values = new Map<string, Value>();
    return {
      add: value => {
        if (value === undefined) return;
        const key = keyString(value);
        if (!values.has(key)) values.set(key, value);
      },
      result: () => [...values.values()],
    };
  },
  $count: () => {
    let count = 0;
    return {
      add: () => {
        count += 1;
      },
      result: () => int(count),
    };
  },
  $mergeObjects: () => {
    const merged: Document = new Map();
    return {
      add: value => {
        if (isNullish(value)) return;
        if (!(value instanceof Map))
          throw new CommandError(
            40400,
            `$mergeObjects requires object inputs, but input is of type ${typeName(value as Value)}`,
          );
        for (const [name, inner] of value) merged.set(name, inner);
      },
      result: () => merged,
    };
  },
};

export function parseGroup(operand: Value, context: StageContext): Stage {
  if (!(operand instanceof Map)) throw new CommandError(15947, "a group's fields must be specified in an object");
  if (!operand.has('_id')) throw new CommandError(15955, 'a group specification must include an _id');
  const id = parseExpression(operand.get('_id') as Value, context.scope);
  const fields = [...operand]
    .filter(([name]) => name !== '_id')
    .map(([name, value]) => parseField(name, value, context));
  return function* (input) {
    const groups = new Map<string, { id: Value; accumulators: Accumulator[] }>();
    for (const document of input) {
      if (document === null) {
        yield null;
        continue;
      }
      const environment = { root: document, current: document, variables: context.variables };
      const groupId = id(environment) ?? null;
      const key = keyString(groupId);
      let group = groups.get(key);
      if (!group) {
        group = { id: groupId, accumulators: fields.map(field => field.create()) };
        groups.set(key, group);
      }
      for (const [index, field] of fields.entries()) group.accumulators[index]?.add(field.expression(environment));
    }
    for (const group of groups.values()) {
      const result: Document = new Map([['_id', group.id]]);
      for (const [index, field] of fields.entries())
        result.set(field.name, group.accumulators[index]?.result() ?? null);
      yield result;
    }
  };
}

type Field = { name: string; create: () => Accumulator; expression: Expression };

function parseField(name: string, value: Value, context: StageContext): Field {
  if (name.includes('.')) throw new CommandError(40235, `The field name '${name}' cannot contain '.'`);
  if (name.startsWith('$')) throw new CommandError(40236, `The field name '${name}' cannot be an operator name`);
  if (!(value instanceof Map) || value.size === 0)
    throw new CommandError(40234, `The field '${name}' must be an accumulator object`);
  if (value.size > 1) throw new CommandError(40238, `The field '${name}' must specify one accumulator`);
  const [[operator, operand]] = [...value] as [[string, Value]];
  const create = ACCUMULATORS[operator];
  if (!create) throw new CommandError(15952, `unknown group operator '${operator}'`);
  if (Array.isArray(operand) && operator !== '$push' && operator !== '$addToSet' && operand.length !== 1) {
    throw new CommandError(40237, `The ${operator} accumulator is a unary operator`);
  }
  return { name, create, expression: parseExpression(operand, context.scope) };
}
