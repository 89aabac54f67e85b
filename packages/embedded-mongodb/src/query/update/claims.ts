/** Which fields the modifiers of one update have changed, where `$[]` and `$[identifier]` may lead to the same one. */
import { CommandError } from '../../server/errors.ts';
import type { Path } from '../paths.ts';

/**
 * Called with each field on the way and then the one at the end, as the path names it and where it is.
 * @throws CommandError 40 for a field that another path led to, or to one inside or around it
 */
export function createClaims(): (path: Path, place: Path) => void {
  const taken = new Map<string, Path>();
  const around = new Map<string, Path>();
  return (path, place) => {
    const prefixes = place.map((_, index) => place.slice(0, index + 1).join('.'));
    const here = prefixes.at(-1) as string;
    for (const prefix of prefixes) {
      const other = taken.get(prefix);
      if (other && other !== path) throw conflict(path, other, place, prefix);
    }
    if (place.length < path.length) {
      around.set(here, path);
      return;
    }
    const inside = around.get(here);
    if (inside && inside !== path) throw conflict(path, inside, place, here);
    taken.set(here, path);
  };
}

/** Parts that both paths have alike are named as they are, the others by the element. */
function conflict(path: Path, other: Path, place: Path, at: string): CommandError {
  const length = at.split('.').length;
  const name = place.slice(0, length).map((part, index) => (path[index] === other[index] ? path[index] : part));
  return new CommandError(40, `Update created a conflict at '${name.join('.')}'`);
}
