/** The `let` option: variables that `$expr` and pipelines may use. */
import type { Value } from '../codec/values.ts';
import { checkVariableName } from '../query/expressions/conditions.ts';
import { BUILT_IN_SCOPE, type ExpressionScope, parseExpression } from '../query/expressions/expression.ts';

export function letVariables(
  option: Value | undefined,
  builtIn: ReadonlyMap<string, Value>,
): { variables: ReadonlyMap<string, Value>; scope: ExpressionScope } {
  if (!(option instanceof Map) || option.size === 0) return { variables: builtIn, scope: BUILT_IN_SCOPE };
  const variables = new Map(builtIn);
  const scope = new Set(BUILT_IN_SCOPE);
  const environment = { root: new Map<string, Value>(), current: null, variables: builtIn };
  for (const [name, value] of option) {
    checkVariableName(name);
    variables.set(name, parseExpression(value, BUILT_IN_SCOPE)(environment) ?? null);
    scope.add(name);
  }
  return { variables, scope };
}
