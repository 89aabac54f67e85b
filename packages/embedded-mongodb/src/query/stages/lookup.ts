/** `$lookup`: by a pair of fields, by a pipeline, or both. */
import { type Document, doc, isKind, typeName, type Value } from '../../codec/values.ts';
import { planQuery } from '../../indexes/planner.ts';
import { CommandError } from '../../server/errors.ts';
import { checkVariableName } from '../expressions/conditions.ts';
import { parseExpression } from '../expressions/expression.ts';
import { parseFieldPath } from '../field-path.ts';
import { ALWAYS, type Match } from '../match/node.ts';
import { parseFilter } from '../match/parse.ts';
import { visitPath } from '../paths.ts';
import { scanDocuments } from '../scan.ts';
import { parsePipeline, type Stage, type StageContext, type Stream } from './pipeline.ts';

export function parseLookup(operand: Value, context: StageContext): Stage {
  if (!(operand instanceof Map)) throw new CommandError(9, 'the $lookup specification must be an Object');
  const text = (name: string): string | undefined => {
    const value = operand.get(name);
    if (value !== undefined && typeof value !== 'string')
      throw new CommandError(9, `$lookup argument '${name}' must be a string`);
    return value;
  };
  for (const name of operand.keys()) {
    if (!['from', 'as', 'localField', 'foreignField', 'let', 'pipeline'].includes(name)) {
      throw new CommandError(9, `unknown argument to $lookup: ${name}`);
    }
  }
  const [from, as, localField, foreignField] = ['from', 'as', 'localField', 'foreignField'].map(text);
  if (as === undefined) throw new CommandError(9, "must specify 'as' field for a $lookup");
  parseFieldPath(as);
  if (from === undefined) throw new CommandError(9, "must specify 'from' field for a $lookup");
  if ((localField === undefined) !== (foreignField === undefined)) {
    throw new CommandError(9, "$lookup requires both or neither of 'localField' and 'foreignField' to be specified");
  }
  const pipeline = operand.get('pipeline');
  if (localField === undefined && !Array.isArray(pipeline)) {
    throw new CommandError(
      9,
      "$lookup requires either 'pipeline' or both 'localField' and 'foreignField' to be specified",
    );
  }
  const given = operand.get('let') ?? new Map<string, Value>();
  if (!(given instanceof Map)) {
    throw new CommandError(9, `$lookup argument 'let' must be an object, is type ${typeName(given)}`);
  }
  const definitions = [...given].map(
    ([name, value]) => [checkVariableName(name), parseExpression(value, context.scope)] as const,
  );
  const scope = new Set([...context.scope, ...definitions.map(([name]) => name)]);
  const localPath = localField === undefined ? null : parseFieldPath(localField);
  const stages = (pipeline ?? []) as Document[];
  for (const stage of stages) {
    if (!(stage instanceof Map)) throw new CommandError(14, "Each element of the 'pipeline' array must be an object");
    const misplaced = ['$out', '$merge', '$changeStream'].find(name => stage.has(name));
    if (misplaced) throw new CommandError(51047, `${misplaced} is not allowed within a $lookup's sub-pipeline`);
  }
  parsePipeline(stages, { ...context, scope });
  return function* (input) {
    for (const document of input) {
      if (document === null) {
        yield null;
        continue;
      }
      const variables = new Map(context.variables);
      for (const [name, expression] of definitions) {
        variables.set(name, expression({ root: document, current: document, variables: context.variables }) ?? null);
      }
      const match =
        localPath && foreignField !== undefined ? joinMatch(document, localPath, foreignField, context) : ALWAYS;
      const inner = parsePipeline(stages, { ...context, scope, variables });
      const found: Value[] = [];
      for (const joined of inner(foreign(from, match, context))) {
        if (joined === null) yield null;
        else found.push(joined);
      }
      yield new Map(document).set(as, found);
    }
  };
}

/** Every value at the path, those in arrays one by one; null where there is none. */
function joinMatch(document: Document, path: readonly string[], foreignField: string, context: StageContext): Match {
  const wanted: Value[] = [];
  visitPath(document, path, false, value => {
    if (Array.isArray(value)) wanted.push(...value);
    else if (value !== undefined) wanted.push(value);
    return false;
  });
  if (wanted.length === 0) wanted.push(null);
  const { scope } = context;
  // In `$in` a regular expression is a pattern; here it is a value.
  if (!wanted.some(value => isKind(value, 'regex')))
    return parseFilter(doc({ [foreignField]: doc({ $in: wanted }) }), { scope });
  return parseFilter(doc({ $or: wanted.map(value => doc({ [foreignField]: doc({ $eq: value }) })) }), { scope });
}

function* foreign(name: string, match: Match, context: StageContext): Stream {
  const collection = context.server.catalog.find(context.database, name);
  if (!collection) return;
  const plan = planQuery(collection, match, [], null);
  const scan = scanDocuments({
    ...context.server,
    collection,
    plan,
    match,
    variables: context.variables,
    willWrite: true,
  });
  for (const found of scan) yield found === null ? null : found.document;
}
