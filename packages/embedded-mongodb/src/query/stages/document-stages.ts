/** Pipeline stages that turn one document into one: `$set`, `$unset`, `$project`, `$replaceWith`. Updates use them too. */
import { displayValue } from '../../codec/display.ts';
import { type Document, typeName, type Value } from '../../codec/values.ts';
import { CommandError } from '../../server/errors.ts';
import { type Expression, type ExpressionScope, parseExpression } from '../expressions/expression.ts';
import { parseFieldPath } from '../field-path.ts';
import type { Path } from '../paths.ts';
import { parseProjection } from '../projection.ts';

export type DocumentStage = (document: Document, variables: ReadonlyMap<string, Value>) => Document;

type Assignment = { path: Path; expression: Expression };

function assignments(specification: Document, scope: ExpressionScope, prefix: Path = []): Assignment[] {
  return [...specification].flatMap(([name, value]): Assignment[] => {
    if (prefix.length > 0 && name.includes('.')) {
      throw new CommandError(40183, `FieldPath field names may not contain '.' in a sub-object: ${name}`);
    }
    const path = [...prefix, ...parseFieldPath(name)];
    if (value instanceof Map && value.size > 0) {
      if (!(value.keys().next().value as string).startsWith('$')) return assignments(value, scope, path);
      if (value.size > 1) {
        throw new CommandError(
          40181,
          `an expression specification must contain exactly one field, the name of the expression. Found ${value.size} fields in ${displayValue(value)}`,
        );
      }
    }
    return [{ path, expression: parseExpression(value, scope) }];
  });
}

/** @throws CommandError 40176 when one path is, or leads into, another */
function checkConflicts(fields: readonly Assignment[]): void {
  const seen = new Set<string>();
  for (const { path } of fields) {
    const name = path.join('.');
    const other = [...seen].find(each => each === name || each.startsWith(`${name}.`) || name.startsWith(`${each}.`));
    if (other !== undefined) {
      throw new CommandError(
        40176,
        `specification contains two conflicting paths. Cannot specify both '${name}' and '${other}'`,
      );
    }
    seen.add(name);
  }
}

/** MongoDB says which stage it is whose specification is wrong. */
function inStage<Result>(name: string, parse: () => Result): Result {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(error.code, `Invalid ${name} :: caused by :: ${error.message}`);
  }
}

export function parseSetStage(name: string, specification: Value, scope: ExpressionScope): DocumentStage {
  if (!(specification instanceof Map)) {
    throw new CommandError(40272, `${name} specification stage must be an object, got ${typeName(specification)}`);
  }
  const fields = inStage(name, () => {
    if (specification.size === 0) {
      throw new CommandError(51272, 'projection specification must have at least one field');
    }
    const parsed = assignments(specification, scope);
    checkConflicts(parsed);
    return parsed;
  });
  return (document, variables) => {
    const environment = { root: document, current: document, variables };
    const result = new Map(document);
    for (const { path, expression } of fields)
      assign(
        result,
        path,
        0,
        onDemand(() => expression(environment)),
      );
    return result;
  };
}

type Computed = () => Value | undefined;

/** Computed where it is set, at most once: on the way through an empty array nothing is set, and nothing may fail. */
function onDemand(compute: Computed): Computed {
  let known: { readonly value: Value | undefined } | null = null;
  return () => {
    known ??= { value: compute() };
    return known.value;
  };
}

/** Sets along a path, through every element of arrays; a scalar on the way gives place to a document. Copies what it changes. */
function assign(container: Document, path: Path, index: number, computed: Computed): void {
  const part = path[index] as string;
  if (index === path.length - 1) {
    const value = computed();
    if (value === undefined) container.delete(part);
    else container.set(part, value);
    return;
  }
  container.set(part, assignInside(container.get(part), path, index + 1, computed));
}

function assignInside(current: Value | undefined, path: Path, index: number, computed: Computed): Value {
  if (Array.isArray(current)) return current.map(element => assignInside(element, path, index, computed));
  const copy: Document = new Map(current instanceof Map ? current : []);
  assign(copy, path, index, computed);
  return copy;
}

export function parseUnsetStage(specification: Value): DocumentStage {
  const names = Array.isArray(specification) ? specification : [specification];
  if (names.length === 0 || names.some(name => typeof name !== 'string')) {
    const code = !Array.isArray(specification) ? 31002 : names.length === 0 ? 31119 : 31120;
    throw new CommandError(code, '$unset specification must be a string or an array with at least one field name');
  }
  const excluded: Document = new Map(names.map(name => [name as string, false]));
  const projection = inStage('$unset', () => parseProjection(excluded));
  return (document, variables) => projection(document, variables);
}

export function parseReplaceStage(expressionValue: Value, scope: ExpressionScope): DocumentStage {
  const expression = parseExpression(expressionValue, scope);
  return (document, variables) => {
    const result = expression({ root: document, current: document, variables });
    if (result instanceof Map) return result;
    throw new CommandError(
      40228,
      `'newRoot' expression must evaluate to an object, but resulting value was: ${displayValue(result)}`,
    );
  };
}

export function parseDocumentStage(name: string, operand: Value, scope: ExpressionScope): DocumentStage | null {
  switch (name) {
    case '$set':
    case '$addFields':
      return parseSetStage(name, operand, scope);
    case '$unset':
      return parseUnsetStage(operand);
    case '$project':
      if (!(operand instanceof Map)) throw new CommandError(15969, '$project specification must be an object');
      return inStage(name, () => parseProjection(operand, { scope }));
    case '$replaceWith':
      return parseReplaceStage(operand, scope);
    case '$replaceRoot':
      return parseReplaceStage(newRoot(operand), scope);
    default:
      return null;
  }
}

function newRoot(operand: Value): Value {
  if (!(operand instanceof Map)) {
    throw new CommandError(
      40229,
      `expected an object as specification for $replaceRoot stage, got ${typeName(operand)}`,
    );
  }
  const unknown = [...operand.keys()].find(name => name !== 'newRoot');
  if (unknown !== undefined) throw new CommandError(40415, `BSON field '$replaceRoot.${unknown}' is an unknown field.`);
  const root = operand.get('newRoot');
  if (root === undefined)
    throw new CommandError(40414, "BSON field '$replaceRoot.newRoot' is missing but a required field");
  return root;
}

/** The pipeline of an update; only one-to-one stages are allowed in it. */
export function parseDocumentStages(pipeline: readonly Value[], scope: ExpressionScope): DocumentStage[] {
  return pipeline.map(entry => {
    if (!(entry instanceof Map)) throw new CommandError(14, "Each element of the 'pipeline' array must be an object");
    if (entry.size !== 1) {
      throw new CommandError(40323, 'A pipeline stage specification object must contain exactly one field.');
    }
    const [[name, operand]] = [...entry] as [[string, Value]];
    const stage = parseDocumentStage(name, operand, scope);
    if (stage) return stage;
    if (name.startsWith('$') && STAGES_ELSEWHERE.has(name)) {
      throw new CommandError(72, `${name} is not allowed to be used within an update`);
    }
    throw new CommandError(40324, `Unrecognized pipeline stage name: '${name}'`);
  });
}

/** All that MongoDB knows, whether it is built here or not. */
const STAGES_ELSEWHERE = new Set(
  (
    '$bucket $bucketAuto $changeStream $collStats $count $currentOp $densify $documents $facet $fill $geoNear $graphLookup ' +
    '$group $indexStats $limit $listLocalSessions $listSessions $lookup $match $merge $out $planCacheStats $redact $sample $search $setWindowFields $skip $sort $sortByCount $unionWith $unwind'
  ).split(' '),
);
