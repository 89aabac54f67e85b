/** Aggregation pipelines: each stage turns a stream of documents into another one. */
import { displayValue } from '../../codec/display.ts';
import { toExactInt64 } from '../../codec/numbers.ts';
import { type Document, doc, int, isNumber, typeName, type Value } from '../../codec/values.ts';
import type { ServerState } from '../../commands/context.ts';
import { CommandError } from '../../server/errors.ts';
import type { ExpressionScope } from '../expressions/expression.ts';
import { checkPlainName } from '../field-path.ts';
import { createMatcher } from '../match/evaluate.ts';
import { parseFilter } from '../match/parse.ts';
import { compareKeys, parseSort, sortKeys } from '../sort.ts';
import { parseDocumentStage } from './document-stages.ts';
import { parseGroup } from './group.ts';
import { parseLookup } from './lookup.ts';
import { parseUnwind } from './unwind.ts';

/** `null` offers a pause. */
export type Stream = Generator<Document | null, void>;
export type Stage = (input: Stream) => Stream;

export type StageContext = {
  readonly server: ServerState;
  readonly database: string;
  readonly variables: ReadonlyMap<string, Value>;
  readonly scope: ExpressionScope;
};

const MAX_STAGES = 1000;

export function checkLength(pipeline: readonly Value[]): void {
  if (pipeline.length <= MAX_STAGES) return;
  throw new CommandError(7749501, `Pipeline length must be no longer than ${MAX_STAGES} stages`);
}

export function parsePipeline(stages: readonly Document[], context: StageContext): Stage {
  checkLength(stages);
  const parsed = stages.map((stage, index) => {
    if (stage.size !== 1)
      throw new CommandError(40323, 'A pipeline stage specification object must contain exactly one field.');
    const [[name, operand]] = [...stage] as [[string, Value]];
    return parseStage(name, operand, context, index);
  });
  return input => parsed.reduce((stream, stage) => stage(stream), input);
}

function parseStage(name: string, operand: Value, context: StageContext, index: number): Stage {
  const perDocument = parseDocumentStage(name, operand, context.scope);
  if (perDocument) {
    return function* (input) {
      for (const document of input) yield document && perDocument(document, context.variables);
    };
  }
  switch (name) {
    case '$match':
      return parseMatch(operand, context);
    case '$sort':
      return parseSortStage(operand);
    case '$limit':
    case '$skip':
      return parseWindow(name, operand);
    case '$count':
      return parseCount(operand);
    case '$group':
      return parseGroup(operand, context);
    case '$unwind':
      return parseUnwind(operand);
    case '$lookup':
      return parseLookup(operand, context);
    case '$sortByCount':
      return parseSortByCount(operand, context);
    case '$facet':
      return parseFacet(operand, context);
    case '$documents':
      return parseDocuments(operand, index);
    default:
      throw new CommandError(40324, `Unrecognized pipeline stage name: '${name}'`);
  }
}

function parseMatch(operand: Value, context: StageContext): Stage {
  if (!(operand instanceof Map)) throw new CommandError(15959, 'the match filter must be an expression in an object');
  const matches = createMatcher(parseFilter(operand, { scope: context.scope }), context.variables);
  return function* (input) {
    for (const document of input) if (document === null || matches(document)) yield document;
  };
}

function parseSortStage(operand: Value): Stage {
  if (!(operand instanceof Map)) throw new CommandError(15973, 'the $sort key specification must be an object');
  if (operand.size === 0) throw new CommandError(15976, '$sort stage must have at least one sort key');
  const fields = parseSort(operand);
  return function* (input) {
    const entries: { keys: Value[]; document: Document }[] = [];
    for (const document of input) {
      if (document === null) yield null;
      else entries.push({ keys: sortKeys(document, fields), document });
    }
    entries.sort((left, right) => compareKeys(left.keys, right.keys, fields));
    for (const { document } of entries) yield document;
  };
}

function parseWindow(name: '$limit' | '$skip', operand: Value): Stage {
  const count = isNumber(operand) ? toExactInt64(operand) : null;
  if (count === null || count < 0n) {
    const code = name === '$limit' ? 5107201 : 5107200;
    throw new CommandError(
      code,
      `invalid argument to ${name} stage: Expected a ${isNumber(operand) ? 'non-negative ' : ''}number in: ${name}: ${displayValue(operand)}`,
    );
  }
  if (name === '$limit' && count === 0n) throw new CommandError(15958, 'the limit must be positive');
  return name === '$limit' ? limitStage(Number(count)) : skipStage(Number(count));
}

function limitStage(count: number): Stage {
  return function* (input) {
    let left = count;
    for (const document of input) {
      yield document;
      if (document === null) continue;
      left -= 1;
      if (left === 0) break;
    }
  };
}

function skipStage(count: number): Stage {
  return function* (input) {
    let left = count;
    for (const document of input) {
      if (document === null || left === 0) yield document;
      else left -= 1;
    }
  };
}

function parseCount(operand: Value): Stage {
  if (typeof operand !== 'string' || operand === '')
    throw new CommandError(operand === '' ? 40157 : 40156, 'the count field must be a non-empty string');
  if (operand.startsWith('$')) throw new CommandError(40158, 'the count field cannot be a $-prefixed path');
  if (operand.includes('\0')) throw new CommandError(40159, 'the count field cannot contain a null byte');
  if (operand.includes('.')) throw new CommandError(40160, "the count field cannot contain '.'");
  if (operand === '_id') throw new CommandError(9039800, "the count field cannot be '_id'");
  return function* (input) {
    let total = 0;
    for (const document of input) {
      if (document === null) yield null;
      else total += 1;
    }
    if (total > 0) yield doc({ [operand]: int(total) });
  };
}

function parseSortByCount(operand: Value, context: StageContext): Stage {
  if (operand instanceof Map && !operand.keys().next().value?.startsWith('$')) {
    throw new CommandError(40147, 'the sortByCount field must be defined as a $-prefixed path or an expression');
  }
  if (typeof operand === 'string' && !operand.startsWith('$')) {
    throw new CommandError(40148, 'the sortByCount field must be defined as a $-prefixed path');
  }
  if (typeof operand !== 'string' && !(operand instanceof Map)) {
    throw new CommandError(40149, 'the sortByCount field must be specified as a string or as an object');
  }
  const group = doc({ $group: doc({ _id: operand, count: doc({ $sum: int(1) }) }) });
  return parsePipeline([group, doc({ $sort: doc({ count: int(-1) }) })], context);
}

/** Stages that have no place inside another one. */
const NOT_IN_FACET = [
  '$facet',
  '$documents',
  '$collStats',
  '$geoNear',
  '$indexStats',
  '$out',
  '$merge',
  '$planCacheStats',
  '$changeStream',
];

function parseFacet(operand: Value, context: StageContext): Stage {
  if (!(operand instanceof Map) || operand.size === 0) {
    throw new CommandError(40169, 'the $facet specification must be a non-empty object');
  }
  const facets = [...operand].map(([name, stages]): [string, Stage] => {
    checkPlainName(name);
    if (!Array.isArray(stages))
      throw new CommandError(40170, `arguments to $facet must be arrays, ${name} is type ${typeName(stages)}`);
    for (const stage of stages) {
      if (!(stage instanceof Map)) {
        throw new CommandError(
          40171,
          `elements of arrays in $facet spec must be non-empty objects, ${name} has others`,
        );
      }
      const misplaced = NOT_IN_FACET.find(each => stage.has(each));
      if (misplaced) throw new CommandError(40600, `${misplaced} is not allowed to be used within a $facet stage`);
    }
    return [name, parsePipeline(stages as Document[], context)];
  });
  return function* (input) {
    const documents: Document[] = [];
    for (const document of input) {
      if (document === null) yield null;
      else documents.push(document);
    }
    const result: Document = new Map();
    for (const [name, stage] of facets) {
      const found: Value[] = [];
      for (const document of stage(streamOf(documents))) {
        if (document === null) yield null;
        else found.push(document);
      }
      result.set(name, found);
    }
    yield result;
  };
}

export function* streamOf(documents: Iterable<Document>): Stream {
  for (const document of documents) yield new Map(document);
}

function parseDocuments(operand: Value, index: number): Stage {
  if (index > 0) throw new CommandError(40602, '$documents is only valid as the first stage in a pipeline');
  if (!Array.isArray(operand) || operand.some(entry => !(entry instanceof Map))) {
    throw new CommandError(5858203, 'an array of objects is expected for $documents');
  }
  return () => streamOf(operand as Document[]);
}
