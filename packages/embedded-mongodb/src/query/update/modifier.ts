/** One update operator on one path, and where the walk along the path may end. */
import type { Value } from '../../codec/values.ts';
import type { Path } from '../paths.ts';

export type UpdateContext = {
  /** Milliseconds since 1970, the same for the whole command. */
  readonly nowMs: number;
  readonly isInsert: boolean;
};

/** The new value; `undefined` removes the field. */
export type Apply = (current: Value | undefined, context: UpdateContext) => Value | undefined;

export type Modifier = {
  readonly operator: string;
  readonly path: Path;
  readonly apply: Apply;
  /** Missing documents on the way are created; otherwise a missing field is left alone. */
  readonly creates: boolean;
  /** A scalar on the way is an error, except for `$unset`. */
  readonly ignoresBlockedPath?: boolean;
  /** `$rename` takes the value from here. */
  readonly from?: Path;
};
