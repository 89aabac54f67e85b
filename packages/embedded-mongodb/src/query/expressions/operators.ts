/** The table of expression operators. */
import { ARITHMETIC } from './arithmetic.ts';
import { ARRAYS } from './arrays.ts';
import { CONDITIONS } from './conditions.ts';
import { CONVERSIONS } from './conversions.ts';
import { DATES } from './dates.ts';
import type { OperatorParser } from './expression.ts';
import { OBJECTS } from './objects.ts';
import { STRINGS } from './strings.ts';

export const OPERATORS: ReadonlyMap<string, OperatorParser> = new Map(
  [CONDITIONS, ARITHMETIC, ARRAYS, OBJECTS, STRINGS, DATES, CONVERSIONS].flatMap(table => Object.entries(table)),
);
