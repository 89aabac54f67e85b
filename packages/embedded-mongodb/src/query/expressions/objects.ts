/** Operators on documents. */
import { displayValue } from '../../codec/display.ts';
import { type Document, doc, isNullish, typeName, type Value } from '../../codec/values.ts';
import { CommandError } from '../../server/errors.ts';
import { namedArguments, nullingOperator, operator } from './arguments.ts';
import { NOWHERE, type OperatorParser, parseExpression } from './expression.ts';

/** A constant: a string, or `{ $literal: … }`, the way to names with a dollar sign. */
function fieldName(value: Value, name: string): string {
  const isLiteral = value instanceof Map && value.has('$literal');
  const literal = isLiteral ? value.get('$literal') : value;
  if (!isLiteral && typeof value === 'string' && value.startsWith('$')) {
    throw new CommandError(
      4161108,
      `'field' must not be a field path reference in ${name}; wrap it in $literal to name a field that begins with '$'`,
    );
  }
  if (!isLiteral && (value instanceof Map || Array.isArray(value))) {
    throw new CommandError(
      4161106,
      `${name} requires 'field' to evaluate to a constant, but got a non-constant argument`,
    );
  }
  if (typeof literal !== 'string') {
    const type = typeName(literal as Value);
    throw new CommandError(4161107, `${name} requires 'field' to evaluate to type String, but got ${type}`);
  }
  return literal;
}

const setField: OperatorParser = (operand, scope, name) => {
  const required = name === '$setField' ? ['field', 'value', 'input'] : ['field', 'input'];
  const missing = { field: 4161102, value: 4161103, input: 4161109 };
  const named = namedArguments(operand, name, { required, codes: { object: 4161100, unknown: 4161101, missing } });
  const field = fieldName(named.get('field') as Value, name);
  if (field.includes('\0')) throw new CommandError(16411, "FieldPath field names may not contain '\\0'.");
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

function asFieldName(value: Value | undefined): string {
  if (typeof value === 'string') return value;
  const type = value === undefined ? 'missing' : typeName(value);
  throw new CommandError(3041704, `$getField requires 'field' to evaluate to type String, but got ${type}`);
}

const getField: OperatorParser = (operand, scope) => {
  const isLong = operand instanceof Map && !operand.keys().next().value?.startsWith('$');
  const missing = { field: 3041702, input: 3041703 };
  const named = isLong
    ? namedArguments(operand, '$getField', {
        required: ['field', 'input'],
        codes: { object: 3041704, unknown: 3041701, missing },
      })
    : null;
  const fieldOf = parseExpression(named ? (named.get('field') as Value) : operand, scope);
  const input = named ? parseExpression(named.get('input') as Value, scope) : null;
  if (fieldOf.isConstant) asFieldName(fieldOf(NOWHERE));
  return environment => {
    const field = asFieldName(fieldOf(environment));
    const document = input ? input(environment) : environment.current;
    if (document instanceof Map) return document.get(field);
    return isNullish(document) && document !== undefined ? null : undefined;
  };
};

/** Pairs, or documents with `k` and `v`: what the first entry is decides of which kind all must be. */
function arrayToObject([value]: Value[]): Value {
  if (!Array.isArray(value)) {
    throw new CommandError(40386, `$arrayToObject requires an array input, found: ${typeName(value as Value)}`);
  }
  const result: Document = new Map();
  const areDocuments = value[0] instanceof Map;
  for (const entry of value) {
    const [name, inner] = areDocuments ? documentEntry(entry) : pairEntry(entry, entry === value[0]);
    result.set(name, inner);
  }
  return result;
}

function pairEntry(entry: Value, isFirst: boolean): [string, Value] {
  if (!Array.isArray(entry)) {
    throw new CommandError(
      isFirst ? 40398 : 40396,
      `Unrecognised input type format for $arrayToObject, found: ${typeName(entry)}`,
    );
  }
  if (entry.length !== 2) {
    throw new CommandError(40397, `$arrayToObject requires an array of size 2 arrays, found size: ${entry.length}`);
  }
  const [name, inner] = entry as [Value, Value];
  if (typeof name !== 'string') {
    throw new CommandError(
      40395,
      `$arrayToObject requires an array of key-value pairs, where the key must be of type string. Found key type: ${typeName(name)}`,
    );
  }
  if (name.includes('\0')) throw new CommandError(4940400, 'Key field cannot contain an embedded null byte');
  return [name, inner];
}

function documentEntry(entry: Value): [string, Value] {
  if (!(entry instanceof Map)) {
    throw new CommandError(
      40391,
      `$arrayToObject requires a consistent input format. Elements must all be arrays or all be objects. Object was detected, now found: ${typeName(entry)}`,
    );
  }
  if (entry.size !== 2) {
    throw new CommandError(
      40392,
      `$arrayToObject requires an object keys of 'k' and 'v'. Found incorrect number of keys: ${entry.size}`,
    );
  }
  const [name, inner] = [entry.get('k'), entry.get('v')];
  if (name === undefined || inner === undefined) {
    throw new CommandError(
      40393,
      "$arrayToObject requires an object with keys 'k' and 'v'. Missing either or both keys",
    );
  }
  if (typeof name !== 'string') {
    throw new CommandError(
      40394,
      `$arrayToObject requires an object with keys 'k' and 'v', where the value of 'k' must be of type string. Found type: ${typeName(name)}`,
    );
  }
  if (name.includes('\0')) throw new CommandError(4940401, 'Key field cannot contain an embedded null byte');
  return [name, inner];
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
