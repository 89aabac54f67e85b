/** Parses an update: operators, a whole replacement, or an aggregation pipeline. */
import { displayValue } from '../../codec/display.ts';
import { type Document, typeName, type Value } from '../../codec/values.ts';
import { CommandError } from '../../server/errors.ts';
import { BUILT_IN_SCOPE, type ExpressionScope } from '../expressions/expression.ts';
import { createMatcher, type Matcher } from '../match/evaluate.ts';
import { parseFilter } from '../match/parse.ts';
import { arrayIndex, type Path, splitPath } from '../paths.ts';
import { type DocumentStage, parseDocumentStages } from '../stages/document-stages.ts';
import { ARRAY_OPERATORS } from './array-operators.ts';
import { FIELD_OPERATORS } from './field-operators.ts';
import type { Modifier } from './modifier.ts';

export type ArrayFilters = ReadonlyMap<string, Matcher>;

export type Update =
  | { readonly kind: 'modifiers'; readonly modifiers: readonly Modifier[]; readonly arrayFilters: ArrayFilters }
  | { readonly kind: 'replacement'; readonly document: Document }
  | { readonly kind: 'pipeline'; readonly stages: readonly DocumentStage[] };

export type UpdateOptions = {
  arrayFilters?: Value | undefined;
  scope?: ExpressionScope;
};

export function parseUpdate(update: Value, options: UpdateOptions = {}): Update {
  const hasOperators = update instanceof Map && (update.keys().next().value ?? '').startsWith('$');
  if (options.arrayFilters && Array.isArray(update)) {
    throw new CommandError(9, 'arrayFilters may not be specified for pipeline-style updates');
  }
  if (Array.isArray(update)) {
    return { kind: 'pipeline', stages: parseDocumentStages(update, options.scope ?? BUILT_IN_SCOPE) };
  }
  if (!(update instanceof Map)) {
    throw new CommandError(9, `Update argument must be either an object or an array, found ${typeName(update)}`);
  }
  if (!hasOperators) {
    for (const name of update.keys()) if (name.startsWith('$')) throw dollarField(name);
    return { kind: 'replacement', document: update };
  }
  const arrayFilters = parseArrayFilters(options.arrayFilters);
  const modifiers: Modifier[] = [];
  for (const [operator, fields] of update) modifiers.push(...parseOperator(operator, fields));
  checkConflicts(modifiers);
  checkIdentifiers(modifiers, arrayFilters, update);
  return { kind: 'modifiers', modifiers: modifiers.sort(byPath), arrayFilters };
}

function dollarField(name: string): CommandError {
  return new CommandError(
    52,
    `The dollar ($) prefixed field '${name}' in '${name}' is not allowed in the context of an update's replacement ` +
      'document. Consider using an aggregation pipeline with $replaceWith.',
  );
}

function parseOperator(operator: string, fields: Value): Modifier[] {
  const parse = FIELD_OPERATORS[operator] ?? ARRAY_OPERATORS[operator];
  if (!parse && operator !== '$rename') {
    throw new CommandError(
      9,
      `Unknown modifier: ${operator}. Expected a valid update modifier or pipeline-style update specified as an array`,
    );
  }
  if (!(fields instanceof Map)) {
    throw new CommandError(
      9,
      `Modifiers operate on fields but we found type ${typeName(fields)} instead. For example: ` +
        `{$mod: {<field>: ...}} not {${operator}: ${displayValue(fields)}}`,
    );
  }
  return [...fields].flatMap(([name, operand]): Modifier[] => {
    const path = checkPath(name);
    if (operator === '$rename') return parseRename(name, path, operand);
    if (!parse) return [];
    const creates = !['$unset', '$pull', '$pullAll', '$pop'].includes(operator);
    return [{ operator, path, apply: parse(operand, name), creates, ignoresBlockedPath: operator === '$unset' }];
  });
}

function checkPath(name: string): Path {
  if (name === '') throw new CommandError(56, 'An empty update path is not valid.');
  const path = splitPath(name);
  path.forEach((part, index) => {
    if (part === '')
      throw new CommandError(56, `The update path '${name}' contains an empty field name, which is not allowed.`);
    if (!part.startsWith('$')) return;
    if (part === '$' || /^\$\[[^\]]*\]$/.test(part)) {
      if (index === 0) {
        throw new CommandError(
          2,
          `Cannot have array filter identifier (i.e. '$[<id>]') or '$' element in the first position in path '${name}'`,
        );
      }
    } else if (index === 0 && !['$id', '$ref', '$db'].includes(part)) throw dollarField(name);
  });
  return path;
}

function parseRename(name: string, path: Path, target: Value): Modifier[] {
  if (typeof target !== 'string') {
    throw new CommandError(2, `The 'to' field for $rename must be a string: ${name}: ${displayValue(target)}`);
  }
  if (target.includes('\0')) {
    throw new CommandError(2, "The 'to' field for $rename cannot contain an embedded null byte");
  }
  const to = checkPath(target);
  if (name === target) {
    throw new CommandError(2, `The source and target field for $rename must differ: ${name}: "${target}"`);
  }
  if (name.startsWith(`${target}.`) || target.startsWith(`${name}.`)) {
    throw new CommandError(
      2,
      `The source and target field for $rename must not be on the same path: ${name}: "${target}"`,
    );
  }
  for (const [side, parts] of [
    ['source', path],
    ['destination', to],
  ] as const) {
    if (parts.some(part => part.startsWith('$[') || part === '$')) {
      throw new CommandError(2, `The ${side} field for $rename may not be dynamic: ${parts.join('.')}`);
    }
  }
  return [{ operator: '$rename', path: to, from: path, creates: true, apply: value => value }];
}

/** `$[]` or `$[identifier]`; other parts with brackets are names. */
export function isEveryElement(part: string | undefined): boolean {
  return part?.startsWith('$[') === true && part.endsWith(']');
}

/**
 * No two operators may touch the same field, nor one a field inside the other's; and what one takes for an array
 * (`a.$[].b`) the other may not take for a document (`a.b`).
 */
export function checkConflicts(modifiers: readonly Modifier[]): void {
  const taken = new Map<string, 'whole' | 'elements' | 'fields'>();
  for (const { path, from } of modifiers) {
    for (const parts of from ? [from, path] : [path]) {
      const name = parts.join('.');
      for (let length = 1; length <= parts.length; length += 1) {
        const prefix = parts.slice(0, length).join('.');
        const use = length === parts.length ? 'whole' : isEveryElement(parts[length]) ? 'elements' : 'fields';
        const other = taken.get(prefix);
        if (other !== undefined && (other !== use || use === 'whole')) {
          throw new CommandError(40, `Updating the path '${name}' would create a conflict at '${prefix}'`);
        }
        taken.set(prefix, use);
      }
    }
  }
}

/** MongoDB applies operators in the order of their paths; it decides where new fields go. */
function byPath(left: Modifier, right: Modifier): number {
  const length = Math.min(left.path.length, right.path.length);
  for (let index = 0; index < length; index += 1) {
    const a = left.path[index] as string;
    const b = right.path[index] as string;
    if (a === b) continue;
    const first = arrayIndex(a);
    const second = arrayIndex(b);
    if (first !== null && second !== null) return first - second;
    return a < b ? -1 : 1;
  }
  return left.path.length - right.path.length;
}

function parseArrayFilters(filters: Value | undefined): ArrayFilters {
  const result = new Map<string, Matcher>();
  for (const filter of (filters ?? []) as Value[]) {
    if (!(filter instanceof Map)) throw new CommandError(14, 'each array filter must be an object');
    checkAllowed(filter);
    const names = new Set(fieldNames(filter).map(name => name.split('.')[0] as string));
    const [name] = names;
    if (name === undefined)
      throw new CommandError(9, 'Cannot use an expression without a top-level field name in arrayFilters');
    if (names.size > 1) {
      throw new CommandError(
        9,
        `Error parsing array filter :: caused by :: Expected a single top-level field name, found '${[...names].join("' and '")}'`,
      );
    }
    if (!/^[a-z][a-zA-Z0-9]*$/.test(name)) {
      throw new CommandError(
        2,
        `Error parsing array filter :: caused by :: The top-level field name must be an alphanumeric string beginning with a lowercase letter, found '${name}'`,
      );
    }
    if (result.has(name)) {
      throw new CommandError(9, `Found multiple array filters with the same top-level field name ${name}`);
    }
    result.set(name, createMatcher(parseFilter(filter, { scope: BUILT_IN_SCOPE }), new Map()));
  }
  return result;
}

const PATHLESS = ['$and', '$or', '$nor', '$comment', '$alwaysTrue', '$alwaysFalse'];

/** What tests whole documents has no place in a filter for elements. */
function checkAllowed(filter: Document): void {
  for (const [name, value] of filter) {
    if (name === '$expr' || name === '$where' || name === '$text') {
      const message = `Error parsing array filter :: caused by :: ${name} is not allowed in this context`;
      throw new CommandError(name === '$expr' ? 224 : 2, message);
    }
    if (name.startsWith('$') && !PATHLESS.includes(name)) {
      const message = `Error parsing array filter :: caused by :: unknown top level operator: ${name}`;
      throw new CommandError(2, message);
    }
    if (!name.startsWith('$') || !Array.isArray(value)) continue;
    for (const inner of value) if (inner instanceof Map) checkAllowed(inner);
  }
}

function fieldNames(filter: Document): string[] {
  return [...filter].flatMap(([name, value]) => {
    if (!name.startsWith('$')) return [name];
    return Array.isArray(value) ? value.flatMap(entry => (entry instanceof Map ? fieldNames(entry) : [])) : [];
  });
}

function checkIdentifiers(modifiers: readonly Modifier[], filters: ArrayFilters, update: Document): void {
  const used = new Set<string>();
  for (const { path } of modifiers) {
    for (const part of path) {
      if (!isEveryElement(part) || part === '$[]') continue;
      const name = part.slice(2, -1);
      if (!filters.has(name)) {
        throw new CommandError(2, `No array filter found for identifier '${name}' in path '${path.join('.')}'`);
      }
      used.add(name);
    }
  }
  for (const name of filters.keys()) {
    if (!used.has(name)) {
      const message = `The array filter for identifier '${name}' was not used in the update ${displayValue(update)}`;
      throw new CommandError(9, message);
    }
  }
}
