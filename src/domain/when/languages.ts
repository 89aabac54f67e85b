/** The one way to chrono-node: which languages are tried, in which order, and what counts as understood. */

import * as chrono from 'chrono-node';

export type Found = chrono.ParsedComponents;
export type Language = { readonly casual: chrono.Chrono };

/** Tried for everybody: people type what they like, and clashes between these are rare. */
const COMMON: ReadonlyMap<string, Language> = new Map<string, Language>([
  ['en', chrono.en],
  ['de', chrono.de],
  ['fr', chrono.fr],
  ['es', chrono.es],
  ['it', chrono.it],
  ['pt', chrono.pt],
  ['nl', chrono.nl],
]);

/** The rest are tried for those whose chat program speaks them. Chrono's Swedish knows no clocks (2.10.3): it is left out. */
const ALL: ReadonlyMap<string, Language> = new Map<string, Language>([
  ...COMMON,
  ['fi', chrono.fi],
  ['id', chrono.id],
  ['ja', chrono.ja],
  ['ru', chrono.ru],
  ['uk', chrono.uk],
  ['vi', chrono.vi],
]);

/** The person's language first, then English, then the others. */
export function languagesFor(locale: string | undefined): Language[] {
  const own = ALL.get(languageOf(locale));
  return [...new Set([...(own ? [own] : []), ...COMMON.values()])];
}

export const languageOf = (locale: string | undefined): string => locale?.split(/[-_]/)[0]?.toLowerCase() ?? 'en';

/** The one result of `language` that covers all of `text`, ranges excluded. `wallMs` is the reference, as if it were UTC. */
export function readWith(language: Language, text: string, wallMs: number): Found | null {
  const results = language.casual.parse(text, { instant: new Date(wallMs), timezone: 0 });
  const [result] = results;
  if (!result || results.length > 1 || result.end || result.index !== 0 || result.text.length !== text.length)
    return null;
  return result.start;
}
