/** `$bitsAllSet` and its three siblings. */
import { displayValue } from '../../codec/display.ts';
import { toExactInt64, toInt64 } from '../../codec/numbers.ts';
import { isKind, isNumber, type Value } from '../../codec/values.ts';
import { CommandError } from '../../server/errors.ts';

export function bitsTest(operator: string, operand: Value, path: string): (value: Value | undefined) => boolean {
  const positions = parsePositions(operand, operator, path);
  const wantsSet = operator.endsWith('Set');
  const wantsAll = operator.startsWith('$bitsAll');
  return value => {
    const bitAt = bitReader(value);
    if (!bitAt) return false;
    return wantsAll
      ? positions.every(position => bitAt(position) === wantsSet)
      : positions.some(position => bitAt(position) === wantsSet);
  };
}

function bitReader(value: Value | undefined): ((position: number) => boolean) | null {
  if (isKind(value, 'binData')) {
    return position => (((value.bytes[position >> 3] ?? 0) >> (position & 7)) & 1) === 1;
  }
  if (!isNumber(value)) return null;
  // A double must be whole; a decimal is cut off (BitTestMatchExpression in MongoDB's source).
  const integer = typeof value === 'number' ? toExactInt64(value) : toInt64(value);
  if (integer === null) return null;
  return position => ((integer >> BigInt(Math.min(position, 63))) & 1n) === 1n;
}

function parsePositions(operand: Value, operator: string, path: string): number[] {
  if (isNumber(operand)) {
    const mask = toExactInt64(operand);
    if (mask === null) {
      throw new CommandError(9, `Expected an integer: ${operator}: ${displayValue(operand)}`);
    }
    if (mask < 0n)
      throw new CommandError(9, `Expected a non-negative number in: ${operator}: ${displayValue(operand)}`);
    return Array.from({ length: 63 }, (_, position) => position).filter(position => (mask >> BigInt(position)) & 1n);
  }
  if (isKind(operand, 'binData')) {
    const bytes = operand.bytes;
    return Array.from({ length: bytes.length * 8 }, (_, position) => position).filter(
      position => ((bytes[position >> 3] as number) >> (position & 7)) & 1,
    );
  }
  if (!Array.isArray(operand)) {
    throw new CommandError(
      2,
      `${path} takes an Array, a number, or a BinData but received: ${operator}: ${displayValue(operand)}`,
    );
  }
  return operand.map((entry, index) => {
    const position = isNumber(entry) ? toExactInt64(entry) : null;
    if (position === null) {
      throw new CommandError(2, `Failed to parse bit position. Expected a number in: ${index}: ${displayValue(entry)}`);
    }
    if (position < 0n || position > 2147483647n) {
      throw new CommandError(
        2,
        `Failed to parse bit position. Expected a non-negative number in: ${index}: ${displayValue(entry)}`,
      );
    }
    return Number(position);
  });
}
