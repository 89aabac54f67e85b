/** Aggregation expressions: parsed once into a function of (document, variables). */
import { compareNumbers } from '../../codec/numbers.ts';
import { type Document, int, isNumber, UNDEFINED, type Value } from '../../codec/values.ts';
import { CommandError } from '../../server/errors.ts';
import { checkPlainName, parseFieldPath } from '../field-path.ts';
import type { Path } from '../paths.ts';
import { OPERATORS } from './operators.ts';

export type Environment = {
  readonly root: Document;
  readonly current: Value;
  readonly variables: ReadonlyMap<string, Value | undefined>;
};

/** `undefined` is "missing": a field with such a value is left out. */
export type Expression = {
  (environment: Environment): Value | undefined;
  /** Needs no document: MongoDB computes such an expression (and fails) before it looks at any. */
  isConstant?: true;
};

/** The names of the variables an expression may use. */
export type ExpressionScope = ReadonlySet<string>;

export type OperatorParser = (operand: Value, scope: ExpressionScope, name: string) => Expression;

export function constant(value: Value | undefined): Expression {
  const expression: Expression = () => value;
  expression.isConstant = true;
  return expression;
}

/** Where constants are computed. */
export const NOWHERE: Environment = { root: new Map(), current: null, variables: new Map() };

/** Computes an expression once and for all when all it depends on is constant. */
export function foldConstants(expression: Expression, operands: readonly Expression[]): Expression {
  return operands.every(operand => operand.isConstant) ? constant(expression(NOWHERE)) : expression;
}

export const BUILT_IN_SCOPE: ExpressionScope = new Set(['NOW', 'ROOT', 'CURRENT', 'REMOVE']);

export function parseExpression(value: Value, scope: ExpressionScope): Expression {
  if (typeof value === 'string' && value.startsWith('$')) return parseReference(value, scope);
  if (Array.isArray(value)) {
    const elements = value.map(element => parseExpression(element, scope));
    return foldConstants(environment => elements.map(element => element(environment) ?? null), elements);
  }
  if (value instanceof Map) return parseObject(value, scope);
  return constant(value);
}

function parseObject(value: Document, scope: ExpressionScope): Expression {
  const first = value.keys().next().value;
  if (first?.startsWith('$')) {
    if (value.size !== 1) {
      throw new CommandError(
        15983,
        `An object representing an expression must have exactly one field: ${[...value.keys()].join(', ')}`,
      );
    }
    return parseOperatorCall(first, value.get(first) as Value, scope);
  }
  const fields = [...value].map(([name, inner]): [string, Expression] => {
    checkPlainName(name);
    return [name, parseExpression(inner, scope)];
  });
  const build: Expression = environment => {
    const result: Document = new Map();
    for (const [name, expression] of fields) {
      const inner = expression(environment);
      if (inner !== undefined) result.set(name, inner);
    }
    return result;
  };
  return foldConstants(
    build,
    fields.map(([, expression]) => expression),
  );
}

export function parseOperatorCall(name: string, operand: Value, scope: ExpressionScope): Expression {
  const operator = OPERATORS.get(name);
  if (!operator) throw new CommandError(168, `Unrecognized expression '${name}'`);
  return operator(operand, scope, name);
}

function parseReference(text: string, scope: ExpressionScope): Expression {
  if (text === '$') throw new CommandError(16872, "'$' by itself is not a valid FieldPath");
  if (text.includes('\0')) throw new CommandError(16419, 'field path must not contain embedded null characters');
  if (!text.startsWith('$$')) {
    const path = parseFieldPath(text.slice(1));
    if (path.length === 1) {
      const [only] = path as [string];
      return ({ current }) => (current instanceof Map ? current.get(only) : resolvePath(current, path, 0));
    }
    return ({ current }) => resolvePath(current, path, 0);
  }
  if (text === '$$' || text.startsWith('$$.')) throw new CommandError(9, 'empty variable names are not allowed');
  const path = parseFieldPath(text.slice(2));
  const [name] = path as [string];
  if (!scope.has(name)) throw new CommandError(17276, `Use of undefined variable: ${name}`);
  if (name === 'ROOT') return ({ root }) => resolvePath(root, path, 1);
  if (name === 'CURRENT') return ({ current }) => resolvePath(current, path, 1);
  if (name === 'REMOVE') return () => undefined;
  return ({ variables }) => resolvePath(variables.get(name), path, 1);
}

/** In expressions a path maps over arrays, dropping what is missing; numbers do not address elements. */
export function resolvePath(value: Value | undefined, path: Path, start: number): Value | undefined {
  let current = value;
  for (let part = start; part < path.length; part += 1) {
    if (current instanceof Map) current = current.get(path[part] as string);
    else if (Array.isArray(current)) {
      const found: Value[] = [];
      for (const element of current) {
        if (!(element instanceof Map) && !Array.isArray(element)) continue;
        const inner = Array.isArray(element) ? undefined : resolvePath(element, path, part);
        if (inner !== undefined) found.push(inner);
      }
      return found;
    } else return undefined;
  }
  return current;
}

const ZERO = int(0);

export function isTruthy(value: Value | undefined): boolean {
  if (value === undefined || value === null || value === false || value === UNDEFINED) return false;
  return isNumber(value) ? compareNumbers(value, ZERO) !== 0 : true;
}
