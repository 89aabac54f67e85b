/** Collations: only the binary one is built. What is wrong in any other is said first, as MongoDB does. */
import type { Document } from '../codec/values.ts';
import { CommandError } from '../server/errors.ts';
import { checkArguments, required, type Schema } from './arguments.ts';

const FIELDS: Schema = {
  locale: 'string',
  caseLevel: 'bool',
  caseFirst: 'string',
  strength: 'number',
  numericOrdering: 'bool',
  alternate: 'string',
  maxVariable: 'string',
  backwards: 'bool',
  normalization: 'bool',
  version: 'string',
};

/** A language of two or three letters, then script, region and variant. */
const LOCALE = /^[a-z]{2,3}(_[A-Za-z0-9]+)*(@[a-z]+=[a-z]+)?$/;

/** `{}` and `{ locale: 'simple' }` mean to compare bytes. @throws CommandError 2, 14, 40414, 40415, and 238 for the rest */
export function refuseCollation(command: Document): void {
  const collation = command.get('collation');
  if (collation instanceof Map && collation.size > 0) checkCollation(collation);
}

export function checkCollation(collation: Document): void {
  checkArguments(collation, 'collation', FIELDS, false);
  const locale = required(collation, 'locale', 'collation') as string;
  if (locale === 'simple') return;
  if (!LOCALE.test(locale) || !isKnown(locale)) {
    throw new CommandError(2, `Field 'locale' is invalid in: { locale: "${locale}" }`);
  }
  throw new CommandError(238, 'collation is not supported by this server');
}

function isKnown(locale: string): boolean {
  const language = locale.split(/[_@]/)[0] as string;
  return Intl.Collator.supportedLocalesOf([language]).length > 0;
}
