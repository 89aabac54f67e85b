/** Decides whether a document satisfies a parsed filter, and at which array element (`$` in updates and projections). */
import type { Document, Value } from '../../codec/values.ts';
import { CommandError } from '../../server/errors.ts';
import { isTruthy } from '../expressions/expression.ts';
import { visitPath } from '../paths.ts';
import { type Match, rootEnvironment } from './node.ts';

export type Matcher = (document: Document) => boolean;

/** `variables` holds NOW and what `let` defines. */
export function createMatcher(match: Match, variables: ReadonlyMap<string, Value>): Matcher {
  const tests = compile(match, variables);
  return document => tests(document, null);
}

type Position = { element: number };
type Test = (document: Document, position: Position | null) => boolean;

/** The position in the outermost searched array at which the filter matched; -1 when no array was searched. */
export function matchedElement(
  match: Match,
  document: Document,
  variables: ReadonlyMap<string, Value>,
): { matched: boolean; element: number } {
  const position = { element: -1 };
  const matched = compile(match, variables)(document, position);
  return { matched, element: matched ? position.element : -1 };
}

function compile(match: Match, variables: ReadonlyMap<string, Value>): Test {
  switch (match.kind) {
    case 'constant':
      return () => match.value;
    case 'leaf': {
      const { path, expandLast, test } = match;
      const only = path.length === 1 ? (path[0] as string) : null;
      const isElementMatch = match.name === '$elemMatch';
      return (document, position) => {
        if (only !== null && position === null) {
          const value = document.get(only);
          if (!expandLast || !Array.isArray(value)) return test(value);
        }
        return visitPath(document, path, expandLast, (value, element) => {
          if (!test(value)) return false;
          if (position) {
            if (element !== -1) position.element = element;
            else if (isElementMatch && Array.isArray(value))
              position.element = match.name === '$elemMatch' ? firstMatching(match, value) : -1;
          }
          return true;
        });
      };
    }
    case 'not': {
      const child = compile(match.child, variables);
      return document => !child(document, null);
    }
    case 'and': {
      // Expressions last: they cost most, and may fail on documents that the other conditions exclude.
      const isExpression = (child: Match) => child.kind === 'expression';
      const ordered = match.children.some(isExpression)
        ? [...match.children.filter(child => !isExpression(child)), ...match.children.filter(isExpression)]
        : match.children;
      const children = ordered.map(child => compile(child, variables));
      return (document, position) => {
        for (const child of children) if (!child(document, position)) return false;
        return true;
      };
    }
    case 'or': {
      const children = match.children.map(child => compile(child, variables));
      const tells = isOneValue(match.children);
      return (document, position) => {
        for (const child of children) if (child(document, tells ? position : null)) return true;
        return false;
      };
    }
    case 'nor': {
      const children = match.children.map(child => compile(child, variables));
      return document => {
        for (const child of children) if (child(document, null)) return false;
        return true;
      };
    }
    case 'expression':
      return document => isTruthy(match.expression(rootEnvironment(document, variables)));
  }
}

/** Of alternatives only those that MongoDB takes for one `$in` tell which element matched. */
function isOneValue(children: readonly Match[]): boolean {
  const [first] = children;
  if (children.length === 1) return true;
  return children.every(
    child =>
      child.kind === 'leaf' &&
      first?.kind === 'leaf' &&
      (child.operator === 'eq' || child.name === '$regex') &&
      child.path.join('.') === first.path.join('.'),
  );
}

/** Tests a value as it is: an array is not searched. What `$elemMatch` on values does with each element. */
export function createValueMatcher(match: Match): (value: Value) => boolean {
  switch (match.kind) {
    case 'constant':
      return () => match.value;
    case 'leaf':
      return match.test;
    case 'not': {
      const child = createValueMatcher(match.child);
      return value => !child(value);
    }
    case 'and':
    case 'or':
    case 'nor': {
      const children = match.children.map(createValueMatcher);
      if (match.kind === 'and') return value => children.every(child => child(value));
      if (match.kind === 'or') return value => children.some(child => child(value));
      return value => !children.some(child => child(value));
    }
    case 'expression':
      throw new CommandError(2, '$expr can only be applied to the top-level document');
  }
}

/** For `$elemMatch` the element that satisfied it: its test takes whole arrays, so ask with one element at a time. */
function firstMatching(match: { test: (value: Value) => boolean }, array: Value[]): number {
  return array.findIndex(element => match.test([element]));
}
