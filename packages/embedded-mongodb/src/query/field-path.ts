/** Dotted field paths of expressions, projections and stages, checked as MongoDB's FieldPath does. */
import { CommandError } from '../server/errors.ts';
import { type Path, splitPath } from './paths.ts';

/** Components of a path that MongoDB follows. */
const MAX_DEPTH = 200;

/** Names with a dollar that a DBRef has. */
const OF_REFERENCES = ['$id', '$ref', '$db'];

/** @throws CommandError 15, 15998, 16410, 16411, 40352, 40353 */
export function parseFieldPath(text: string): Path {
  const path = splitFieldPath(text);
  for (const part of path) checkFieldName(part);
  return path;
}

/** One that may end in `.$`, the element that matched, and lead into DBRefs. */
export function parseProjectionPath(text: string): Path {
  const path = splitFieldPath(text);
  for (const [index, part] of path.entries()) {
    if ((part === '$' && index > 0) || OF_REFERENCES.includes(part)) continue;
    checkFieldName(part);
  }
  return path;
}

function splitFieldPath(text: string): Path {
  if (text === '') throw new CommandError(40352, 'FieldPath cannot be constructed with empty string');
  if (text.endsWith('.')) throw new CommandError(40353, "FieldPath must not end with a '.'.");
  const path = splitPath(text);
  if (path.length > MAX_DEPTH) throw new CommandError(15, 'FieldPath is too long');
  return path;
}

/** One name, as of a field that a stage makes. @throws CommandError 15998, 16410, 16411 */
export function checkFieldName(name: string): void {
  if (name === '') throw new CommandError(15998, 'FieldPath field names may not be empty strings.');
  if (name.startsWith('$')) {
    throw new CommandError(
      16410,
      "FieldPath field names may not start with '$'. Consider using $getField or $setField.",
    );
  }
  if (name.includes('\0')) throw new CommandError(16411, "FieldPath field names may not contain '\\0'.");
}

/** @throws CommandError 16412 as well: a name that is no path */
export function checkPlainName(name: string): void {
  checkFieldName(name);
  if (!name.includes('.')) return;
  throw new CommandError(16412, "FieldPath field names may not contain '.'. Consider using $getField or $setField.");
}
