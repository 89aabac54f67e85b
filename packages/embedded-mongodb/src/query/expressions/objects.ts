/** Operators on documents. */
import { displayValue } from '../../codec/display.ts';
import { type Document, doc, isNullish, typeName, type Value } from '../../codec/values.ts';
import { CommandError } from '../../server/errors.ts';
import { namedArguments, nullingOperator, operator } from './arguments.ts';
import { type OperatorParser, parseExpression } from './expression.ts';

function fieldName(value: Value | undefined, name: string): string {
  const literal = value instanceof Map ? value.get('$literal') : value;
  if (typeof literal !== 'string')
    throw new CommandError(5654601, `${name} requires 'field' to evaluate to type String`);
  return literal;
}

const setField: OperatorParser = (operand, scope, name) => {
  const required = name === '$setField' ? ['field', 'input', 'value'] : ['field', 'input'];
  const named = namedArguments(operand, name, { required, code: 4161101 });
  const field = fieldName(named.get('field'), name);
  const input = parseExpression(named.get('input') as Value, scope);
  const value = named.has('value') ? parseExpression(named.get('value') as Value, scope) : () => undefined;
  return environment => {
    const document = input(environment);
    if (isNullish(document)) return null;
    if (!(document instanceof Map))
      throw new CommandError(4161105, `${name} requires 'input' to evaluate to type Object`);
    const result = new Map(document);
    const inner = value(environment);
    if (inner === undefined) result.delete(field);
    else result.set(field, inner);
    return result;
  };
};

const getField: OperatorParser = (operand, scope) => {
  const isLong = operand instanceof Map && (operand.has('field') || operand.has('input'));
  const named = isLong ? namedArguments(operand, '$getField', { required: ['field', 'input'], code: 3041701 }) : null;
  const field = fieldName(named ? named.get('field') : operand, '$getField');
  const input = named ? parseExpression(named.get('input') as Value, scope) : null;
  return environment => {
    const document = input ? input(environment) : environment.current;
    if (document instanceof Map) return document.get(field);
    return isNullish(document) && document !== undefined ? null : undefined;
  };
};

function arrayToObject([value]: Value[]): Value {
  if (!Array.isArray(value)) {
    throw new CommandError(40386, `$arrayToObject requires an array input, found: ${typeName(value as Value)}`);
  }
  const result: Document = new Map();
  for (const entry of value) {
    if (Array.isArray(entry) && entry.length === 2 && typeof entry[0] === 'string')
      result.set(entry[0], entry[1] as Value);
    else if (entry instanceof Map && typeof entry.get('k') === 'string' && entry.has('v') && entry.size === 2) {
      result.set(entry.get('k') as string, entry.get('v') as Value);
    } else
      throw new CommandError(
        40392,
        `$arrayToObject requires pairs or documents with 'k' and 'v', found: ${displayValue(entry)}`,
      );
  }
  return result;
}

export const OBJECTS: Record<string, OperatorParser> = {
  $mergeObjects: operator(0, Number.POSITIVE_INFINITY, values => {
    const result: Document = new Map();
    for (const value of values.length === 1 && Array.isArray(values[0]) ? values[0] : values) {
      if (isNullish(value)) continue;
      if (!(value instanceof Map)) {
        throw new CommandError(
          40400,
          `$mergeObjects requires object inputs, but input ${displayValue(value)} is of type ${typeName(value as Value)}`,
        );
      }
      for (const [name, inner] of value) result.set(name, inner);
    }
    return result;
  }),
  $objectToArray: nullingOperator(1, 1, ([value]) => {
    if (value instanceof Map) return [...value].map(([k, v]) => doc({ k, v }));
    throw new CommandError(40390, `$objectToArray requires a document input, found: ${typeName(value as Value)}`);
  }),
  $arrayToObject: nullingOperator(1, 1, arrayToObject),
  $setField: setField,
  $unsetField: setField,
  $getField: getField,
};
