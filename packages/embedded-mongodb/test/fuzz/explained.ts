/**
 * Differences between the two servers in which MongoDB's documentation or source sides with this one, or which nothing
 * promises. Each rule says why. What no rule explains is a finding.
 */
import type { Outcome } from './compare.ts';

export type Difference = {
  kind: string;
  /** The case as extended JSON. */
  shown: string;
  ours: Outcome;
  theirs: Outcome;
  /** The documents that the case met, one a line. */
  before: string;
  /** The documents that each server has now, one a line. */
  after: string[];
  /** This server refuses the case on an empty collection too. */
  failsWithoutDocuments: boolean;
};

type Rule = { reason: string; applies: (difference: Difference) => boolean };

const isError = ({ text }: Outcome) => /^"?(write )?error /.test(text);
const codeOf = ({ text }: Outcome) => Number(/error (\d+)/.exec(text)?.[1] ?? 0);
const sortLines = ({ text }: Outcome) => text.split('\n').sort().join('\n');
const foundNothing = ({ text }: Outcome) =>
  text.includes('"n":{"$numberInt":"0"}') || text.includes('"value":null') || text === '' || text === 'null';
const isWrite = ({ kind }: Difference) => kind === 'update' || kind === 'modify';
const hasExpression = ({ kind, shown }: Difference) =>
  kind === 'aggregate' || kind === 'project' || /"\$(expr|set|replaceWith)":/.test(shown);
/** An update computes in a pipeline, or in its filter. */
const computes = (each: Difference) =>
  hasExpression(each) && (!isWrite(each) || /"(u|update)":\[|"\$expr"/.test(each.shown));
const MODIFIED = /"nModified":\{"\$numberInt":"(\d+)"\}/;
const withoutModified = ({ text }: Outcome) => text.replace(MODIFIED, '');
const modifiedOf = ({ text }: Outcome) => Number(MODIFIED.exec(text)?.[1]);
function changedDocuments({ before, after, ours }: Difference): number {
  const unchanged = new Set(before.split('\n'));
  const isUpsert = !ours.text.includes('"upserted":null');
  return (after[0] ?? '').split('\n').filter(document => !unchanged.has(document)).length - Number(isUpsert);
}
/** 1.5 is the same value as a double and as a decimal. */
const untyped = (text: string) =>
  text
    .replaceAll(/\{"\$number\w+":"(-?[\d.]+)"\}/g, (_, digits: string) => String(Number(digits)))
    .split('\n')
    .sort()
    .join('\n');

const RULES: readonly Rule[] = [
  // Manual, Multikey Indexes; only this server has the indexes here.
  { reason: 'parallel arrays are not indexed', applies: ({ ours }) => codeOf(ours) === 171 },
  // Both refuse; nothing promises which of two faults is told.
  {
    reason: 'which of several errors comes first',
    applies: each => isError(each.ours) && isError(each.theirs) && (hasExpression(each) || isWrite(each)),
  },
  // Both parse before they search; the other server leaves much of it until a document matched.
  { reason: 'checked before searching', applies: each => isError(each.ours) && each.failsWithoutDocuments },
  // UpdateDriver::parse: an update is refused before any document is looked for.
  {
    reason: 'an update is checked as a whole',
    applies: each => isWrite(each) && isError(each.ours) && foundNothing(each.theirs),
  },
  // Manual, $and: "short-circuit evaluation"; nothing promises which condition of a filter is tested first.
  {
    reason: 'an expression is not evaluated for documents that other conditions exclude',
    applies: each => each.shown.includes('"$expr"') && !isError(each.ours) && isError(each.theirs),
  },
  // Manual, $project: "Path Collision Errors in Embedded Fields".
  { reason: 'path collision', applies: ({ ours }) => [31249, 31250].includes(codeOf(ours)) },
  // ComparisonMatchExpression::matchesSingleElement: any other type differs from MinKey and MaxKey.
  {
    reason: 'ranges with MinKey and MaxKey',
    applies: ({ shown }) => /"\$(lt|gt)e?":\{"\$(min|max)Key"/.test(shown),
  },
  // Manual, Update Operators Behavior: conflicting paths are an error whether or not $setOnInsert would act.
  {
    reason: '$setOnInsert conflicts',
    applies: each => each.shown.includes('$setOnInsert') && codeOf(each.ours) === 40,
  },
  {
    reason: 'distinct shows any one of equal values',
    applies: each => each.kind === 'distinct' && untyped(each.ours.text) === untyped(each.theirs.text),
  },
  // Manual, distinct: a number in the key addresses an element of an array.
  {
    reason: 'distinct by position',
    applies: ({ kind, shown }) => kind === 'distinct' && /"key":"[\w.]*\.\d/.test(shown),
  },
  // Manual, $all: an empty list matches nothing.
  { reason: 'empty $all', applies: ({ shown }) => shown.includes('"$all":[]') },
  // add_to_set_node_test.cpp and push_node_test.cpp: an empty $each creates the array, and changes nothing later; so
  // does one of which nothing is left by $slice.
  {
    reason: 'empty $each',
    applies: each => isWrite(each) && /"\$each":\[\]|"\$slice":\{"\$numberInt":"0"\}/.test(each.shown),
  },
  // Manual, $unset: nothing happens when the field is not there, whatever is in its way.
  {
    reason: '$unset of nothing',
    applies: each => each.shown.includes('"$unset"') && !isError(each.ours) && [2, 28].includes(codeOf(each.theirs)),
  },
  // Manual, $pop: the field must be an array; the code is TypeMismatch in pop_node.cpp.
  { reason: '$pop of no array', applies: each => each.shown.includes('"$pop"') && codeOf(each.ours) === 14 },
  // Manual, findAndModify: `n` counts the document that was found, changed or not.
  {
    reason: 'findAndModify that changes nothing',
    applies: each =>
      each.kind === 'modify' &&
      each.ours.text.replaceAll(/"last":.*/g, '') === each.theirs.text.replaceAll(/"last":.*/g, ''),
  },
  // Manual, update: what results in no change to a document is not counted in nModified.
  {
    reason: 'nModified counts the documents that changed',
    applies: each =>
      each.kind === 'update' &&
      withoutModified(each.ours) === withoutModified(each.theirs) &&
      each.after[0] === each.after[1] &&
      modifiedOf(each.ours) === changedDocuments(each),
  },
  // Manual, Sort: "a less-than comparison treats an empty array as less than null or a missing field".
  {
    reason: 'an empty array sorts below null',
    applies: each =>
      each.kind === 'sort' && each.before.includes('[]') && sortLines(each.ours) === sortLines(each.theirs),
  },
  // sort_key_generator.cpp: what a document sorts by is the first key of an index on these fields, so that fields of one
  // array stay together, and a number in a path takes one element.
  {
    reason: 'sorting by several fields of an array, or by position',
    applies: each =>
      each.kind === 'sort' && sortsThroughArrays(each.shown) && sortLines(each.ours) === sortLines(each.theirs),
  },
  // sort_key_generator.cpp: "cannot sort with keys that are parallel arrays".
  {
    reason: 'parallel arrays are not sorted by',
    applies: each => each.kind === 'sort' && each.ours.message.includes('parallel arrays'),
  },
  // projection_node.cpp: what is included keeps its place, `$slice` too; computed fields follow.
  {
    reason: 'computed fields follow included ones',
    applies: each =>
      each.kind === 'project' &&
      /"shape":(?!.*"\$elemMatch").*"\$/.test(each.shown) &&
      letters(each.ours) === letters(each.theirs),
  },
  // Manual, $ (update): the position comes from the array that the filter searched, whichever it is.
  {
    reason: 'position from another array',
    applies: each => isWrite(each) && /\.\$[."]/.test(each.shown) && [2, 40].includes(codeOf(each.theirs)),
  },
  // UpdateObjectNode::apply: `$` stands for its number, wherever that leads.
  {
    reason: 'the position as a number',
    applies: each => isWrite(each) && /\.\$[."]/.test(each.shown) && !isError(each.ours),
  },
  // UpdateObjectNode::apply: without a position from the filter it is an error, whatever the field holds.
  {
    reason: 'no position from the filter',
    applies: each => isWrite(each) && /\.\$[."]/.test(each.shown) && codeOf(each.ours) === 2,
  },
  // Manual, $inc and $mul: a field that is no number, a boolean too, is an error.
  {
    reason: 'arithmetic on what is no number',
    applies: each => isWrite(each) && /"\$(inc|mul)"/.test(each.shown) && codeOf(each.ours) === 14,
  },
  // ArithmeticNode::setValueForNewElement: the factor times 0, so that a decimal's zero keeps its digits.
  {
    reason: '$mul of nothing by a decimal',
    applies: each =>
      isWrite(each) &&
      /"\$mul":.*numberDecimal/.test(each.shown) &&
      lettersOf(untyped(each.ours.text)) === lettersOf(untyped(each.theirs.text)),
  },
  // ObjectMatcher of pull_node.cpp: a condition that is a document is tested on documents alone.
  {
    reason: '$pull by a document from what are none',
    applies: each => isWrite(each) && /"\$pull":\{"[\w.$[\]]+":\{"\w/.test(each.shown),
  },
  // Manual, $pop: nothing is removed where there is nothing at the path.
  { reason: '$pop at a position', applies: each => isWrite(each) && /"\$pop":\{"[\w.]*\.\d/.test(each.shown) },
  // Manual, Update Operators Behavior: fields are processed, so added, in lexicographic order.
  {
    reason: 'order of added fields',
    applies: each => isWrite(each) && letters(each.ours) === letters(each.theirs),
  },
  // Manual, $rename: nothing happens when the field to rename does not exist.
  { reason: '$rename of nothing', applies: each => isWrite(each) && each.shown.includes('"$rename"') },
  // compare_numbers.h: NaN is below every other number.
  {
    reason: 'least and greatest with NaN',
    applies: each =>
      isWrite(each) &&
      /"\$(min|max)":/.test(each.shown) &&
      `${each.shown}${each.before}${each.theirs.text}`.includes('NaN'),
  },
  // Manual, $[]: the field must be an array, whatever is to be done with its elements.
  { reason: '$[] of no array', applies: each => each.shown.includes('.$[]') && codeOf(each.ours) === 2 },
  // Manual, Comparison: numbers are compared across types, so 1.50 is in [1.5]; and any number but 0 is true.
  {
    reason: 'decimals in $in and as conditions',
    applies: each => /"\$(in|nin|expr)"/.test(each.shown) && /numberDecimal/.test(each.before + each.shown),
  },
  // Manual, Boolean evaluation of expressions: any number but 0 is true, one half too.
  {
    reason: 'fractions as conditions',
    applies: each => /"\$(expr|cond|and|or|not)":[^}]*"\$(avg|divide|subtract|add|multiply|mod)"/.test(each.shown),
  },
  // ComparisonMatchExpression::matchesSingleElement: what is missing is null, inside $elemMatch too.
  {
    reason: '$elemMatch of ranges with null',
    applies: each => /"\$elemMatch":.*"\$[lg]te":null/.test(each.shown),
  },
  // jstests/core/projection_expr_mod.js of MongoDB: the remainder is a double when one side is a double that is no
  // whole number of 32 bits, or the dividend is any double.
  {
    reason: '$mod of a long and a double',
    applies: each =>
      each.shown.includes('"$mod":[') &&
      each.ours.text.includes('Double') &&
      untyped(each.ours.text) === untyped(each.theirs.text),
  },
  // timestamp.cpp: the text of a timestamp is that of ctime, with its increment as it is.
  {
    reason: 'timestamps as text',
    applies: each =>
      hasExpression(each) &&
      /"\$(toLower|toUpper)"/.test(each.shown) &&
      `${each.before}${each.shown}`.includes('$timestamp') &&
      !isError(each.ours) &&
      !isError(each.theirs),
  },
  // canonicalizeBSONType: a missing value (0) is above MinKey (-1).
  {
    reason: 'missing against MinKey',
    applies: each => computes(each) && `${each.before}${each.shown}`.includes('minKey'),
  },
  // Manual, $bit: it creates the field when there is none.
  { reason: '$bit of nothing', applies: each => each.shown.includes('"$bit"') && !isError(each.ours) },
  // Manual, $avg: the result is a decimal when one of the numbers is.
  { reason: '$avg of decimals', applies: each => each.shown.includes('"$avg"') && /Decimal/.test(each.ours.text) },
  // Manual, $pullAll: values are removed from an existing array; nothing is created, no null at the array's end either.
  {
    reason: '$pull beyond the end of an array',
    applies: each =>
      isWrite(each) && /"\$pull(All)?":\{"[\w.]*\.\d/.test(each.shown) && /null\]/.test(each.after[1] ?? ''),
  },
  // Manual, $pull: nothing is created where there is nothing to pull from.
  {
    reason: '$pull of nothing',
    applies: each => isWrite(each) && /"\$(pull|pullAll|pop)"/.test(each.shown) && /\{\}/.test(each.theirs.text),
  },
  // Manual, $and, $or, $cond, $ifNull: what does not decide the result is not evaluated.
  {
    reason: 'operands that are not needed are not evaluated',
    applies: each => hasExpression(each) && !isError(each.ours) && isError(each.theirs) && LAZY.test(each.shown),
  },
];

/** Two fields under one name, or a number in a path. */
function sortsThroughArrays(shown: string): boolean {
  const names = Object.keys(JSON.parse(shown).order).filter(name => name !== '_id');
  const first = names.map(name => name.split('.')[0]);
  return new Set(first).size < first.length || names.some(name => /\.\d/.test(name));
}

const LAZY = /"\$(ifNull|cond|and|or|add|multiply|concat|concatArrays|map|filter|setUnion)"/;
const lettersOf = (text: string) => [...text].sort().join('');
const letters = ({ text }: Outcome) => lettersOf(text);

export function explain(difference: Difference): string | null {
  return RULES.find(rule => rule.applies(difference))?.reason ?? null;
}
