// Names of settings that are none: what was probably meant.

import { SETTING_NAMES, SETTINGS } from './settings.ts';

/**
 * Names that are no settings: in the .env file all of them are mistakes; the environment is full of other programs' names, so there
 * only a near-miss of one of ours is.
 */
export function* findUnknownNames(env: object, fileNames: readonly string[]): Generator<string> {
  const known = new Set<string>(
    SETTING_NAMES.flatMap(name => (SETTINGS[name].isSecret ? [name, `${name}_FILE`] : [name])),
  );
  const inFile = new Set(fileNames);
  for (const name of new Set([...Object.keys(env), ...fileNames])) {
    if (known.has(name)) continue;
    const nearest = [...known].find(one => isNearMiss(name, one));
    if (nearest) yield `${name} is not a setting; did you mean ${nearest}?`;
    else if (inFile.has(name)) yield `${name} in the .env file is not a setting`;
  }
}

/** One or two letters wrong, in names long enough for that to be no accident. */
function isNearMiss(name: string, known: string): boolean {
  if (known.length < 8 || Math.abs(name.length - known.length) > 2) return false;
  return editDistance(name, known) <= 2;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substitution, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
