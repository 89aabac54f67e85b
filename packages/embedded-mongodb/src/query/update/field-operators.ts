/** Update operators on one value: `$set`, `$inc`, `$mul`, `$min`, `$max`, `$bit`, `$currentDate`. */
import { compareValues } from '../../codec/compare.ts';
import { displayValue } from '../../codec/display.ts';
import { addNumbers, multiplyNumbers } from '../../codec/numbers.ts';
import { date, int, isKind, isNumber, type NumberValue, typeName, type Value } from '../../codec/values.ts';
import { CommandError } from '../../server/errors.ts';
import type { Apply } from './modifier.ts';

type Parse = (operand: Value, path: string) => Apply;

function arithmetic(
  verb: 'increment' | 'multiply',
  name: '$inc' | '$mul',
  compute: (left: NumberValue, right: NumberValue) => NumberValue | null,
  ofMissing: (operand: NumberValue) => NumberValue,
): Parse {
  return (operand, path) => {
    if (!isNumber(operand)) {
      const what = `{${path}: ${displayValue(operand)}}`;
      throw new CommandError(14, `Cannot ${verb} with non-numeric argument: ${what}`);
    }
    return current => {
      if (current === undefined) return ofMissing(operand);
      if (!isNumber(current)) {
        const field = path.split('.').at(-1);
        throw new CommandError(
          14,
          `Cannot apply ${name} to a value of non-numeric type. The document has the field '${field}' of non-numeric type ${typeName(current)}`,
        );
      }
      const result = compute(current, operand);
      if (result === null) {
        throw new CommandError(
          2,
          `Failed to apply ${name} operations to current value (${displayValue(current)}): the result overflows 64 bits`,
        );
      }
      return result;
    };
  };
}

function extreme(sign: number): Parse {
  return operand => current =>
    current === undefined || sign * compareValues(operand, current) > 0 ? operand : current;
}

function zeroOf(operand: NumberValue): NumberValue {
  if (typeof operand === 'number') return 0;
  if (typeof operand === 'bigint') return 0n;
  return operand.kind === 'int' ? int(0) : (multiplyNumbers(operand, int(0)) as NumberValue);
}

const bit: Parse = (operand, path) => {
  if (!(operand instanceof Map)) {
    throw new CommandError(
      2,
      `The $bit modifier is not compatible with a ${typeName(operand)}. You must pass in an embedded document: {$bit: {field: {and/or/xor: #}}`,
    );
  }
  if (operand.size === 0) {
    throw new CommandError(
      2,
      `You must pass in at least one bitwise operation. The format is: {$bit: {field: {and/or/xor: #}}`,
    );
  }
  const steps = [...operand].map(([name, mask]) => {
    if (name !== 'and' && name !== 'or' && name !== 'xor') {
      throw new CommandError(
        2,
        `The $bit modifier only supports 'and', 'or', and 'xor', not '${name}' which is an unknown operator: {${name}: ${displayValue(mask)}}`,
      );
    }
    if (typeof mask !== 'bigint' && !isKind(mask, 'int')) {
      throw new CommandError(
        2,
        `The $bit modifier field must be an Integer(32/64 bit); a '${typeName(mask)}' is not supported here: {${name}: ${displayValue(mask)}}`,
      );
    }
    return { name, mask };
  });
  return current => {
    let value = current === undefined ? int(0) : current;
    if (typeof value !== 'bigint' && !isKind(value, 'int')) {
      throw new CommandError(
        2,
        `Cannot apply $bit to a value of non-integral type. The document has the field ${path} of non-integer type ${typeName(value)}`,
      );
    }
    for (const { name, mask } of steps) {
      const left: bigint = typeof value === 'bigint' ? value : BigInt(value.value);
      const right = typeof mask === 'bigint' ? mask : BigInt(mask.value);
      const result = name === 'and' ? left & right : name === 'or' ? left | right : left ^ right;
      const isLong: boolean = typeof value === 'bigint' || typeof mask === 'bigint';
      value = isLong ? result : int(Number(result));
    }
    return value;
  };
};

const currentDate: Parse = operand => {
  if (typeof operand === 'boolean') return (_, { nowMs }) => date(nowMs);
  if (!(operand instanceof Map)) {
    throw new CommandError(
      2,
      `${typeName(operand)} is not valid type for $currentDate. Please use a boolean ('true') or a $type expression ({$type: 'timestamp/date'}).`,
    );
  }
  const type = operand.get('$type');
  for (const name of operand.keys()) {
    if (name !== '$type') throw new CommandError(2, `Unrecognized $currentDate option: ${name}`);
  }
  if (type === 'date') return (_, { nowMs }) => date(nowMs);
  if (type === 'timestamp') {
    return (_, { nowMs }) => ({ kind: 'timestamp', value: (BigInt(Math.floor(nowMs / 1000)) << 32n) | 1n });
  }
  throw new CommandError(
    2,
    "The '$type' string field is required to be 'date' or 'timestamp': {$currentDate: {field : {$type: 'date'}}}",
  );
};

export const FIELD_OPERATORS: Record<string, Parse> = {
  $set: operand => () => operand,
  $setOnInsert:
    operand =>
    (current, { isInsert }) =>
      isInsert ? operand : current,
  $unset: () => () => undefined,
  $inc: arithmetic('increment', '$inc', addNumbers, operand => operand),
  $mul: arithmetic('multiply', '$mul', multiplyNumbers, zeroOf),
  $min: extreme(-1),
  $max: extreme(1),
  $bit: bit,
  $currentDate: currentDate,
};
