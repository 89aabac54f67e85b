/** Projections of find, findAndModify and `$project`: inclusion, exclusion, `$elemMatch`, expressions. */
import { displayValue } from '../codec/display.ts';
import { toDouble } from '../codec/numbers.ts';
import { type Document, isNumber, typeName, type Value } from '../codec/values.ts';
import { CommandError } from '../server/errors.ts';
import { BUILT_IN_SCOPE, type Expression, type ExpressionScope, parseExpression } from './expressions/expression.ts';
import { OPERATORS } from './expressions/operators.ts';
import { checkFieldName, parseProjectionPath } from './field-path.ts';
import { createMatcher, type Matcher, matchedElement } from './match/evaluate.ts';
import type { Match } from './match/node.ts';
import { parseFilter } from './match/parse.ts';
import type { Path } from './paths.ts';
import { cutSlice, isSliceExpression, keepElement, parseSlice, type Slice } from './projection-cuts.ts';

type Action =
  /** `cut` is one that `$slice` or `$` cuts afterwards. */
  | { readonly kind: 'include' | 'exclude' | 'cut' }
  | { readonly kind: 'elemMatch'; readonly matcher: Matcher }
  | { readonly kind: 'compute'; readonly expression: Expression };

type Tree = Map<string, Tree | Action>;

export type Projection = (document: Document, variables: ReadonlyMap<string, Value>) => Document;

export type ProjectionOptions = {
  scope?: ExpressionScope;
  /** The filter of a find, for `field.$`; absent in `$project`, which has no `$slice: 2` either. */
  match?: Match;
};

export function parseProjection(specification: Document, options: ProjectionOptions = {}): Projection {
  const tree: Tree = new Map();
  const state = { inclusion: null as boolean | null, includesId: true, hasElemMatch: false };
  const slices: Slice[] = [];
  let positional: Path | null = null;
  const scope = options.scope ?? BUILT_IN_SCOPE;

  function decide(isInclusion: boolean, name: string): void {
    if (state.inclusion !== null && state.inclusion !== isInclusion) {
      const [code, verb, other] = isInclusion ? [31253, 'inclusion', 'exclusion'] : [31254, 'exclusion', 'inclusion'];
      throw new CommandError(code as number, `Cannot do ${verb} on field ${name} in ${other} projection`);
    }
    state.inclusion = isInclusion;
  }

  /** What is computed makes an inclusion of the rest, even where only the _id is. */
  function decideComputed(name: string, value: Value): void {
    if (state.inclusion !== false) {
      state.inclusion = true;
      return;
    }
    const [operator] = value instanceof Map ? value.keys() : [];
    if (operator === undefined) {
      throw new CommandError(
        31310,
        `Cannot use an expression ${name}: ${displayValue(value)} in an exclusion projection`,
      );
    }
    throw new CommandError(31252, `Cannot use expression other than $meta in exclusion projection: ${operator}`);
  }

  function parseField(path: readonly string[], value: Value): void {
    const name = path.join('.');
    const isPositional = path.includes('$', 1);
    if (isPositional) checkPositional(path, value);
    if (isNumber(value) || typeof value === 'boolean') {
      const included = isNumber(value) ? toDouble(value) !== 0 : value;
      if (name === '_id') {
        state.includesId = included;
        put(tree, path, { kind: included ? 'include' : 'exclude' });
        return;
      }
      decide(included, name);
      if (isPositional) {
        positional = path.slice(0, -1);
        put(tree, positional, { kind: 'cut' });
        return;
      }
      put(tree, path, { kind: included ? 'include' : 'exclude' });
      return;
    }
    if (value instanceof Map && options.match) {
      const first = value.keys().next().value;
      if (first === '$slice' && !isSliceExpression(value.get('$slice') as Value)) {
        slices.push({ path, ...parseSlice(value.get('$slice') as Value) });
        put(tree, path, { kind: 'cut' });
        return;
      }
      if (first === '$elemMatch') {
        const operand = value.get('$elemMatch');
        if (!(operand instanceof Map))
          throw new CommandError(
            31274,
            `elemMatch: Invalid argument, object required, but got ${typeName(operand as Value)}`,
          );
        if (positional) throw new CommandError(31255, 'Cannot specify positional operator and $elemMatch.');
        if (path.length > 1) throw new CommandError(31275, 'Cannot use $elemMatch projection on a nested field.');
        state.hasElemMatch = true;
        const match = parseFilter(new Map([['x', new Map([['$elemMatch', operand]])]]), { scope });
        put(tree, path, { kind: 'elemMatch', matcher: createMatcher(match, new Map()) });
        return;
      }
      if (first === '$meta') throw new CommandError(238, '$meta projections are not supported');
    }
    if (value instanceof Map && value.size > 0 && !isOperatorCall(value)) {
      for (const [inner, nested] of value) parseField([...path, ...parseProjectionPath(inner)], nested);
      return;
    }
    if (value instanceof Map && value.size === 0) {
      throw new CommandError(51270, 'An empty sub-projection is not a valid value. Found empty object at path');
    }
    decideComputed(name, value);
    put(tree, path, { kind: 'compute', expression: parseExpression(value, scope) });
  }

  function checkPositional(path: Path, value: Value): void {
    if (!options.match) {
      throw new CommandError(31324, 'Cannot use positional projection in aggregation projection');
    }
    if (path.indexOf('$', 1) < path.length - 1) {
      throw new CommandError(31394, "As of 4.4, it's illegal to specify positional operator in the middle of a path.");
    }
    if (value instanceof Map) {
      throw new CommandError(31271, 'positional projection cannot be used with an expression or sub object');
    }
    if (!isNumber(value) && typeof value !== 'boolean') {
      throw new CommandError(31308, 'positional projection cannot be used with a literal');
    }
    if (value === false || (value !== true && toDouble(value) === 0)) checkFieldName('$');
    if (state.hasElemMatch) throw new CommandError(31256, 'Cannot specify positional operator and $elemMatch.');
    if (positional) throw new CommandError(31276, 'Cannot specify more than one positional projection per query.');
  }

  for (const [name, value] of specification) {
    if (name === '.$') throw new CommandError(5392900, 'FieldPath cannot be constructed with empty string');
    parseField(parseProjectionPath(name), value);
  }
  if (!options.match && specification.size === 0) {
    throw new CommandError(51272, 'projection specification must have at least one field');
  }
  // `{ _id: 1 }` alone keeps only the _id; `{ a: { $slice: 1 } }` alone keeps everything.
  const onlyId = specification.has('_id') && state.includesId && slices.length === 0;
  const includes = state.inclusion ?? ((state.hasElemMatch && state.includesId && slices.length === 0) || onlyId);
  if (!includes && tree.get('_id') && (tree.get('_id') as Action).kind === 'include') tree.delete('_id');
  if (includes && !tree.has('_id')) tree.set('_id', { kind: 'include' });
  const { match } = options;
  return (document, variables) => {
    let result = project(document, tree, includes, { root: document, variables });
    if (match && positional) {
      result = keepElement(result, positional, matchedElement(match, document, variables).element);
    }
    for (const slice of slices) result = cutSlice(result, slice);
    return result;
  };
}

/** `{ $name: … }`; with several fields it is a document of projections, whose names may not begin with a dollar. */
function isOperatorCall(value: Document): boolean {
  const name = value.keys().next().value as string;
  if (value.size > 1 || !name.startsWith('$')) return false;
  if (!OPERATORS.has(name) && !FIND_OPERATORS.includes(name))
    throw new CommandError(31325, `Unknown expression ${name}`);
  return true;
}

/** Of projections of find alone, so no expressions anywhere else. */
const FIND_OPERATORS = ['$elemMatch', '$slice', '$meta'];

function put(tree: Tree, path: readonly string[], action: Action): void {
  let current = tree;
  path.forEach((part, index) => {
    const present = current.get(part);
    const isLast = index === path.length - 1;
    if (present !== undefined && (isLast || !(present instanceof Map))) {
      throw new CommandError(
        31249 + Number(isLast),
        `Path collision at ${path.join('.')} remaining portion ${path.slice(index + 1).join('.')}`,
      );
    }
    if (isLast) current.set(part, action);
    else {
      const inner = (present as Tree | undefined) ?? new Map();
      current.set(part, inner);
      current = inner;
    }
  });
}

type Context = { root: Document; variables: ReadonlyMap<string, Value> };

function project(document: Document, tree: Tree, includes: boolean, context: Context): Document {
  const result: Document = new Map();
  for (const [name, value] of document) {
    const node = tree.get(name);
    if (node === undefined) {
      if (!includes) result.set(name, value);
      continue;
    }
    if (includes && !(node instanceof Map) && node.kind === 'elemMatch') continue;
    const projected = node instanceof Map ? projectInside(value, node, includes, context) : act(node, value);
    if (projected !== undefined) result.set(name, projected);
  }
  addComputed(result, document, tree, includes, context);
  return result;
}

/** Computed fields come last, in the order of the specification; so does what `$elemMatch` found, where it is included. */
function addComputed(result: Document, document: Document, tree: Tree, includes: boolean, context: Context): void {
  for (const [name, node] of tree) {
    if (node instanceof Map) {
      if (!includes || !hasComputed(node)) continue;
      if (document.get(name) instanceof Map || Array.isArray(document.get(name))) continue;
      result.set(name, computedAlone(node, context));
    } else if (node.kind === 'compute') {
      const value = node.expression({ root: context.root, current: context.root, variables: context.variables });
      if (value !== undefined) result.set(name, value);
    } else if (includes && node.kind === 'elemMatch') {
      const value = document.get(name);
      const found = value === undefined ? undefined : act(node, value);
      if (found !== undefined) result.set(name, found);
    }
  }
}

/** What is computed inside a field takes the place of what is no document. */
function computedAlone(tree: Tree, context: Context): Document {
  const created: Document = new Map();
  addComputed(created, new Map(), tree, true, context);
  return created;
}

function hasComputed(tree: Tree): boolean {
  return [...tree.values()].some(node => (node instanceof Map ? hasComputed(node) : node.kind === 'compute'));
}

function projectInside(value: Value, tree: Tree, includes: boolean, context: Context): Value | undefined {
  if (value instanceof Map) return project(value, tree, includes, context);
  if (Array.isArray(value)) {
    return value.flatMap(element => {
      if (includes && !(element instanceof Map) && !Array.isArray(element)) {
        return hasComputed(tree) ? [computedAlone(tree, context)] : [];
      }
      const projected = projectInside(element, tree, includes, context);
      return projected === undefined ? [] : [projected];
    });
  }
  return includes ? undefined : value;
}

function act(action: Action, value: Value): Value | undefined {
  switch (action.kind) {
    case 'include':
    case 'cut':
      return value;
    case 'elemMatch': {
      if (!Array.isArray(value)) return undefined;
      const found = value.find(element => action.matcher(new Map([['x', [element]]])));
      return found === undefined ? undefined : [found];
    }
    default:
      return undefined;
  }
}
