/** `$unwind`. */
import { type Document, typeName, type Value } from '../../codec/values.ts';
import { CommandError } from '../../server/errors.ts';
import { parseFieldPath } from '../field-path.ts';
import { type Path, valueAt } from '../paths.ts';
import type { Stage } from './pipeline.ts';

export function parseUnwind(operand: Value): Stage {
  if (typeof operand !== 'string' && !(operand instanceof Map)) {
    throw new CommandError(
      15981,
      `expected either a string or an object as specification for $unwind stage, got ${typeName(operand)}`,
    );
  }
  const options = operand instanceof Map ? operand : new Map<string, Value>([['path', operand]]);
  for (const name of options.keys()) {
    if (!['path', 'includeArrayIndex', 'preserveNullAndEmptyArrays'].includes(name)) {
      throw new CommandError(28811, `unrecognized option to $unwind stage: ${name}`);
    }
  }
  const given = options.get('path');
  if (given === undefined) throw new CommandError(28812, 'no path specified to $unwind stage');
  if (typeof given !== 'string')
    throw new CommandError(28808, `expected a string as the path for $unwind stage, got ${typeName(given)}`);
  if (given === '') throw new CommandError(28812, 'no path specified to $unwind stage');
  if (!given.startsWith('$'))
    throw new CommandError(28818, `path option to $unwind stage should be prefixed with a '$': ${given}`);
  if (given.includes('\0')) throw new CommandError(16419, 'field path must not contain embedded null characters');
  const path = parseFieldPath(given.slice(1));
  const indexField = options.get('includeArrayIndex');
  if (indexField !== undefined && (typeof indexField !== 'string' || indexField === '')) {
    throw new CommandError(28810, 'expected a non-empty string for the includeArrayIndex option to $unwind stage');
  }
  if (indexField?.startsWith('$')) {
    throw new CommandError(28822, `includeArrayIndex option to $unwind stage should not be prefixed with a '$'`);
  }
  if (indexField !== undefined) parseFieldPath(indexField as string);
  const keepsEmpty = options.get('preserveNullAndEmptyArrays') ?? false;
  if (typeof keepsEmpty !== 'boolean') {
    throw new CommandError(
      28809,
      `expected a boolean for the preserveNullAndEmptyArrays option to $unwind stage, got ${typeName(keepsEmpty)}`,
    );
  }
  return function* (input) {
    for (const document of input) {
      if (document === null) {
        yield null;
        continue;
      }
      const value = valueAt(document, path);
      if (Array.isArray(value)) {
        if (value.length === 0 && keepsEmpty)
          yield withIndex(replaceAt(document, path, 0, undefined), indexField, null);
        for (const [index, element] of value.entries()) {
          yield withIndex(replaceAt(document, path, 0, element), indexField, BigInt(index));
        }
      } else if (value !== undefined && value !== null) yield withIndex(document, indexField, null);
      else if (keepsEmpty) yield withIndex(document, indexField, null);
    }
  };
}

function withIndex(document: Document, field: Value | undefined, index: Value): Document {
  return typeof field === 'string' ? new Map(document).set(field, index) : document;
}

/** A copy in which the path holds `value`; `undefined` removes it. */
function replaceAt(document: Document, path: Path, index: number, value: Value | undefined): Document {
  const copy = new Map(document);
  const part = path[index] as string;
  if (index === path.length - 1) {
    if (value === undefined) copy.delete(part);
    else copy.set(part, value);
  } else {
    const inner = copy.get(part);
    if (inner instanceof Map) copy.set(part, replaceAt(inner, path, index + 1, value));
  }
  return copy;
}
