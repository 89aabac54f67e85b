/** Comparison, boolean and conditional operators, `$literal` and `$let`. */
import { compareOptional } from '../../codec/compare.ts';
import { displayValue } from '../../codec/display.ts';
import { type Document, int, isNullish, type Value } from '../../codec/values.ts';
import { CommandError } from '../../server/errors.ts';
import { lazyOperator, namedArguments, operator } from './arguments.ts';
import {
  constant,
  type Expression,
  type ExpressionScope,
  foldConstants,
  isTruthy,
  NOWHERE,
  type OperatorParser,
  parseExpression,
} from './expression.ts';

const MANY = Number.POSITIVE_INFINITY;

function comparison(decide: (order: number) => Value): OperatorParser {
  return operator(2, 2, ([left, right]) => decide(compareOptional(left, right)));
}

function condition(operand: Value, scope: ExpressionScope): Expression {
  if (Array.isArray(operand)) {
    if (operand.length !== 3) {
      throw new CommandError(16020, `Expression $cond takes exactly 3 arguments. ${operand.length} were passed in.`);
    }
    const [test, yes, no] = operand.map(entry => parseExpression(entry, scope)) as [Expression, Expression, Expression];
    return foldConstants(
      environment => (isTruthy(test(environment)) ? yes(environment) : no(environment)),
      [test, yes, no],
    );
  }
  if (!(operand instanceof Map)) {
    throw new CommandError(16020, 'Expression $cond takes exactly 3 arguments. 1 were passed in.');
  }
  for (const field of operand.keys()) {
    if (field !== 'if' && field !== 'then' && field !== 'else') {
      throw new CommandError(17083, `Unrecognized parameter to $cond: ${field}`);
    }
  }
  for (const [field, code] of [
    ['if', 17080],
    ['then', 17081],
    ['else', 17082],
  ] as const) {
    if (!operand.has(field)) throw new CommandError(code, `Missing '${field}' parameter to $cond`);
  }
  return condition([operand.get('if'), operand.get('then'), operand.get('else')] as Value[], scope);
}

function switchCases(operand: Value, scope: ExpressionScope): Expression {
  if (!(operand instanceof Map)) {
    throw new CommandError(40060, `$switch requires an object as an argument, found: ${displayValue(operand)}`);
  }
  for (const field of operand.keys()) {
    if (field !== 'branches' && field !== 'default') {
      throw new CommandError(40067, `$switch found an unknown argument: ${field}`);
    }
  }
  const branches = operand.get('branches');
  if (branches !== undefined && !Array.isArray(branches)) {
    throw new CommandError(40061, `$switch expected an array for 'branches', found: ${displayValue(branches)}`);
  }
  const cases = (branches ?? []).map((branch): [Expression, Expression] => {
    if (!(branch instanceof Map)) {
      throw new CommandError(40062, `$switch expected each branch to be an object, found: ${displayValue(branch)}`);
    }
    for (const field of branch.keys()) {
      if (field !== 'case' && field !== 'then') {
        throw new CommandError(40063, `$switch found an unknown argument to a branch: ${field}`);
      }
    }
    if (!branch.has('case')) throw new CommandError(40064, "$switch requires each branch have a 'case' expression");
    if (!branch.has('then')) throw new CommandError(40065, "$switch requires each branch have a 'then' expression.");
    return [parseExpression(branch.get('case') as Value, scope), parseExpression(branch.get('then') as Value, scope)];
  });
  if (cases.length === 0) throw new CommandError(40068, '$switch requires at least one branch.');
  const isHopeless = cases.every(([test]) => test.isConstant && !isTruthy(test(NOWHERE)));
  if (isHopeless && !operand.has('default')) {
    throw new CommandError(
      40069,
      'One cannot execute a switch statement where all the cases evaluate to false without a default.',
    );
  }
  const otherwise = operand.has('default') ? parseExpression(operand.get('default') as Value, scope) : null;
  return environment => {
    for (const [test, then] of cases) if (isTruthy(test(environment))) return then(environment);
    if (otherwise) return otherwise(environment);
    throw new CommandError(
      40066,
      '$switch could not find a matching branch for an input, and no default was specified.',
    );
  };
}

function letVariables(operand: Value, scope: ExpressionScope): Expression {
  const named = namedArguments(operand, '$let', {
    required: ['vars', 'in'],
    codes: { object: 16874, unknown: 16875, missing: { vars: 16876, in: 16877 } },
  });
  const vars = named.get('vars');
  if (!(vars instanceof Map)) throw new CommandError(10065, 'invalid parameter: expected an object (vars)');
  const definitions = [...(vars as Document)].map(([name, value]): [string, Expression] => [
    checkVariableName(name),
    parseExpression(value, scope),
  ]);
  const body = parseExpression(named.get('in') as Value, new Set([...scope, ...definitions.map(([name]) => name)]));
  return environment => {
    const variables = new Map(environment.variables);
    for (const [name, value] of definitions) variables.set(name, value(environment));
    const current = variables.has('CURRENT') ? (variables.get('CURRENT') as Value) : environment.current;
    return body({ ...environment, current, variables });
  };
}

/** Users' variables begin with a lower-case letter (or a character beyond ASCII). */
export function checkVariableName(name: string): string {
  if (name === '') throw new CommandError(16866, 'empty variable names are not allowed');
  if (name === 'CURRENT') return name;
  if (!/^[a-z\u0080-\uffff]/.test(name)) {
    throw new CommandError(16867, `'${name}' starts with an invalid character for a user variable name`);
  }
  if (!/^[\w\u0080-\uffff]+$/.test(name)) {
    throw new CommandError(16868, `'${name}' contains an invalid character for a variable name`);
  }
  return name;
}

export const CONDITIONS: Record<string, OperatorParser> = {
  $eq: comparison(order => order === 0),
  $ne: comparison(order => order !== 0),
  $gt: comparison(order => order > 0),
  $gte: comparison(order => order >= 0),
  $lt: comparison(order => order < 0),
  $lte: comparison(order => order <= 0),
  $cmp: comparison(order => int(Math.sign(order))),
  $and: lazyOperator(0, MANY, (expressions, environment) => expressions.every(entry => isTruthy(entry(environment)))),
  $or: lazyOperator(0, MANY, (expressions, environment) => expressions.some(entry => isTruthy(entry(environment)))),
  $not: operator(1, 1, ([value]) => !isTruthy(value)),
  $cond: condition,
  $switch: switchCases,
  $ifNull: (operand, scope) => {
    const list = Array.isArray(operand) ? operand : [operand];
    if (list.length < 2) {
      throw new CommandError(1257300, `$ifNull needs at least two arguments, had: ${list.length}`);
    }
    const expressions = list.map(entry => parseExpression(entry, scope));
    const firstValue: Expression = environment => {
      let value: Value | undefined;
      for (const expression of expressions) {
        value = expression(environment);
        if (!isNullish(value)) return value;
      }
      return value;
    };
    return foldConstants(firstValue, expressions);
  },
  $literal: operand => constant(operand),
  $let: letVariables,
};
