/** Values as MongoDB writes them into error messages: `{ a: 1, b: "x" }`. Long ones are cut. */
import { decimalToString } from './decimal.ts';
import type { Tagged, Value } from './values.ts';

const MAX_LENGTH = 300;

export function displayValue(value: Value | undefined): string {
  const text = value === undefined ? 'missing' : display(value, 0);
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}...` : text;
}

function display(value: Value, depth: number): string {
  if (depth > 8) return '...';
  if (value === null) return 'null';
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (Number.isNaN(value)) return 'nan';
    if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
    return Number.isInteger(value) && Math.abs(value) < 1e15 ? value.toFixed(1) : String(value);
  }
  if (Array.isArray(value)) {
    return value.length === 0 ? '[]' : `[ ${value.map(element => display(element, depth + 1)).join(', ')} ]`;
  }
  if (value instanceof Map) {
    if (value.size === 0) return '{}';
    return `{ ${[...value].map(([name, inner]) => `${name}: ${display(inner, depth + 1)}`).join(', ')} }`;
  }
  return typeof value === 'object' ? displayTagged(value) : String(value);
}

function displayTagged(value: Tagged): string {
  switch (value.kind) {
    case 'int':
      return String(value.value);
    case 'decimal':
      return decimalToString(value);
    case 'objectId':
      return `ObjectId('${value.hex}')`;
    case 'date':
      return `new Date(${value.ms})`;
    case 'binData':
      return `BinData(${value.subtype}, ${value.bytes.toString('hex').toUpperCase()})`;
    case 'regex':
      return `/${value.pattern}/${value.options}`;
    case 'timestamp':
      return `Timestamp(${value.value >> 32n}, ${value.value & 0xffffffffn})`;
    case 'javascript':
    case 'javascriptWithScope':
      return value.code;
    case 'symbol':
      return JSON.stringify(value.value);
    case 'dbPointer':
      return `DBRef('${value.namespace}', ${value.hex})`;
    default:
      return { minKey: 'MinKey', maxKey: 'MaxKey', undefined: 'undefined' }[value.kind];
  }
}
