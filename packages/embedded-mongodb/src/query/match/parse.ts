/** Parses a filter document: logical operators, implicit equality, `{ field: { $op: … } }`. */
import { displayValue } from '../../codec/display.ts';
import { type Document, isKind, type Value } from '../../codec/values.ts';
import { CommandError } from '../../server/errors.ts';
import { type ExpressionScope, parseExpression } from '../expressions/expression.ts';
import { splitPath } from '../paths.ts';
import type { Match } from './node.ts';
import { equality, parseOperator } from './operators.ts';

export type FilterOptions = {
  /** Variables that `$expr` may use, besides the built-in ones. */
  scope: ExpressionScope;
};

const MAX_DEPTH = 100;
/** Fields of references to documents, inside which (`$elemMatch`) they are no operators. */
const OF_REFERENCES = ['$ref', '$id', '$db'];

export function parseFilter(filter: Document, options: FilterOptions, depth = 0): Match {
  if (depth > MAX_DEPTH) throw new CommandError(17187, `Filter is nested deeper than ${MAX_DEPTH} levels`);
  const children: Match[] = [];
  for (const [name, value] of filter) {
    if (name.startsWith('$') && !(depth > 0 && OF_REFERENCES.includes(name))) {
      const child = parseTopLevel(name, value, options, depth);
      if (child) children.push(child);
    } else children.push(...parseField(name, value, options, depth));
  }
  return children.length === 1 ? (children[0] as Match) : { kind: 'and', children };
}

function parseTopLevel(name: string, value: Value, options: FilterOptions, depth: number): Match | null {
  switch (name) {
    case '$and':
    case '$or':
    case '$nor':
      return { kind: name.slice(1) as 'and' | 'or' | 'nor', children: parseList(name, value, options, depth) };
    case '$expr': {
      const expression = parseExpression(value, options.scope);
      return { kind: 'expression', expression };
    }
    case '$comment':
      return null;
    case '$alwaysTrue':
    case '$alwaysFalse':
      return { kind: 'constant', value: name === '$alwaysTrue' };
    case '$where':
    case '$text':
    case '$jsonSchema':
      throw new CommandError(238, `${name} is not supported by this server`);
    default:
      throw new CommandError(
        2,
        `unknown top level operator: ${name}. If you have a field name that starts with a '$' symbol, consider using ` +
          '$getField or $setField.',
      );
  }
}

function parseList(name: string, value: Value, options: FilterOptions, depth: number): Match[] {
  if (!Array.isArray(value)) throw new CommandError(2, `${name} must be an array`);
  if (value.length === 0) throw new CommandError(2, '$and/$or/$nor must be a nonempty array');
  return value.map(entry => {
    if (!(entry instanceof Map)) throw new CommandError(2, '$or/$and/$nor entries need to be full objects');
    return parseFilter(entry, options, depth + 1);
  });
}

/** `{ $id: … }`, `{ $ref: …, $id: … }` are DBRef documents, not operators. */
export function isOperatorDocument(value: Value | undefined): value is Document {
  if (!(value instanceof Map)) return false;
  const first = value.keys().next();
  if (first.done || !first.value.startsWith('$')) return false;
  return first.value !== '$ref' && first.value !== '$id' && first.value !== '$db';
}

function parseField(name: string, value: Value, options: FilterOptions, depth: number): Match[] {
  if (!isOperatorDocument(value)) return [equality(splitPath(name), value)];
  const children: Match[] = [];
  for (const [operator, operand] of value) {
    if (operator === '$not') children.push({ kind: 'not', child: parseNot(name, operand, options, depth) });
    else if (operator === '$comment' || (operator === '$options' && value.has('$regex'))) continue;
    else {
      if (!operator.startsWith('$')) throw new CommandError(2, `unknown operator: ${operator}`);
      children.push(parseOperator(splitPath(name), operator, operand, value, options, depth));
    }
  }
  return children;
}

function parseNot(name: string, operand: Value, options: FilterOptions, depth: number): Match {
  if (isKind(operand, 'regex')) return parseOperator(splitPath(name), '$regex', operand, new Map(), options, depth);
  if (!(operand instanceof Map)) throw new CommandError(2, '$not needs a regex or a document');
  if (operand.size === 0) throw new CommandError(2, '$not cannot be empty');
  if (!isOperatorDocument(operand)) {
    throw new CommandError(2, `unknown operator in $not: ${displayValue(operand)}`);
  }
  const children = parseField(name, operand, options, depth + 1);
  return children.length === 1 ? (children[0] as Match) : { kind: 'and', children };
}

/** The conditions of one array element, as `$elemMatch: { $gt: 1, $lt: 5 }` writes them: as a filter on a field "". */
export function parseElementConditions(operand: Document, options: FilterOptions, depth: number): Match {
  const children = parseField('', operand, options, depth + 1);
  return children.length === 1 ? (children[0] as Match) : { kind: 'and', children };
}
