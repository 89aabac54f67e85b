/** How operators take their operands: a fixed or free number of expressions, or a document of named ones. */
import { displayValue } from '../../codec/display.ts';
import { isNullish, type Value } from '../../codec/values.ts';
import { CommandError } from '../../server/errors.ts';
import {
  type Environment,
  type Expression,
  foldConstants,
  type OperatorParser,
  parseExpression,
} from './expression.ts';

/** `{ $op: x }` is short for `{ $op: [x] }`. */
function operandList(operand: Value): Value[] {
  return Array.isArray(operand) ? operand : [operand];
}

export type Compute = (values: (Value | undefined)[], name: string) => Value | undefined;

/** An operator of `least` to `most` operands, all of them evaluated. */
export function operator(least: number, most: number, compute: Compute): OperatorParser {
  return (operand, scope, name) => {
    const list = operandList(operand);
    checkCount(name, list.length, least, most);
    const expressions = list.map(entry => parseExpression(entry, scope));
    const call: Expression = environment =>
      compute(
        expressions.map(expression => expression(environment)),
        name,
      );
    return foldConstants(call, expressions);
  };
}

/** As `operator`, but null as soon as one operand is null or missing. */
export function nullingOperator(
  least: number,
  most: number,
  compute: (values: Value[], name: string) => Value | undefined,
): OperatorParser {
  return operator(least, most, (values, name) => (values.some(isNullish) ? null : compute(values as Value[], name)));
}

/** Any number of operands, evaluated one by one: the first null ends it, the first of a wrong type is an error. */
export function sequenceOperator(
  check: (value: Value, name: string) => void,
  compute: (values: Value[], name: string) => Value,
): OperatorParser {
  return (operand, scope, name) => {
    const expressions = operandList(operand).map(entry => parseExpression(entry, scope));
    const call: Expression = environment => {
      const values: Value[] = [];
      for (const expression of expressions) {
        const value = expression(environment);
        if (isNullish(value)) return null;
        check(value as Value, name);
        values.push(value as Value);
      }
      return compute(values, name);
    };
    return foldConstants(call, expressions);
  };
}

/** Operands that are evaluated only when needed. */
export function lazyOperator(
  least: number,
  most: number,
  compute: (expressions: Expression[], environment: Environment) => Value | undefined,
): OperatorParser {
  return (operand, scope, name) => {
    const list = operandList(operand);
    checkCount(name, list.length, least, most);
    const expressions = list.map(entry => parseExpression(entry, scope));
    return foldConstants(environment => compute(expressions, environment), expressions);
  };
}

function checkCount(name: string, count: number, least: number, most: number): void {
  if (count >= least && count <= most) return;
  if (least === most) {
    throw new CommandError(16020, `Expression ${name} takes exactly ${least} arguments. ${count} were passed in.`);
  }
  if (most === Number.POSITIVE_INFINITY) {
    throw new CommandError(16020, `Expression ${name} takes at least ${least} arguments. ${count} were passed in.`);
  }
  throw new CommandError(
    28667,
    `Expression ${name} takes at least ${least} arguments, and at most ${most}, but ${count} were passed in.`,
  );
}

/** `codes`: where MongoDB has numbers of its own for what is no object, for an unknown field, and for each missing one. */
export type NamedCodes = {
  readonly object: number;
  readonly unknown: number;
  readonly missing: Readonly<Record<string, number>>;
};
export type NamedOptions = {
  required: readonly string[];
  optional?: readonly string[];
  code?: number;
  codes?: NamedCodes;
};

/** An operator whose operand is a document; absent optional fields give `undefined`. */
export function namedArguments(
  operand: Value,
  name: string,
  { required, optional = [], code = 9, codes }: NamedOptions,
): Map<string, Value> {
  if (!(operand instanceof Map)) {
    throw new CommandError(
      codes?.object ?? code,
      `${name} only supports an object as its argument, found: ${displayValue(operand)}`,
    );
  }
  for (const field of operand.keys()) {
    if (!required.includes(field) && !optional.includes(field)) {
      throw new CommandError(codes?.unknown ?? code, `Unrecognized argument to ${name}: ${field}`);
    }
  }
  for (const field of required) {
    if (operand.has(field)) continue;
    throw new CommandError(codes?.missing[field] ?? code, `Missing '${field}' parameter to ${name}`);
  }
  return operand;
}
