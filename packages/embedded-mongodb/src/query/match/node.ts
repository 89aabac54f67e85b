/** A parsed filter: the tree that the planner reads, each leaf with its own test. */
import type { Document, Value } from '../../codec/values.ts';
import type { Expression } from '../expressions/expression.ts';
import type { Path } from '../paths.ts';

/** `Comparison` leaves are what indexes can answer; all others are only ever tested. */
export type Comparison = 'eq' | 'lt' | 'lte' | 'gt' | 'gte' | 'in' | 'exists';

export type Leaf = {
  readonly kind: 'leaf';
  readonly path: Path;
  readonly name: string;
  readonly operator: Comparison | 'other';
  /** The operand of a comparison; an array for `in`. */
  readonly operand: Value;
  /** False for `$size` and `$elemMatch`, which look at the array itself. */
  readonly expandLast: boolean;
  readonly test: (value: Value | undefined) => boolean;
};

export type Not = { readonly kind: 'not'; readonly child: Match };

export type Match =
  | Leaf
  | Not
  | { readonly kind: 'and' | 'or' | 'nor'; readonly children: readonly Match[] }
  | { readonly kind: 'expression'; readonly expression: Expression }
  | { readonly kind: 'constant'; readonly value: boolean };

/** What a filter may refer to besides the document. */
export type MatchContext = { readonly variables: ReadonlyMap<string, Value> };

export const ALWAYS: Match = { kind: 'constant', value: true };

export function rootEnvironment(document: Document, variables: ReadonlyMap<string, Value>) {
  return { root: document, current: document, variables };
}
