// Values for update pipelines: literals that cannot be mistaken for expressions, and instants on the database's clock.

import { type AfterNow, delayAfterNow } from '../domain/after-now.ts';

/** The fields of `T`, each as a value or, where it is an instant, as one counted from the database's now. */
export type Patch<T> = { readonly [K in keyof T]?: T[K] | (Date extends T[K] ? AfterNow : never) };

/** A value as an aggregation expression. Text that begins with `$` stays text. */
export function toExpression(value: unknown): unknown {
  const delayMs = delayAfterNow(value);
  return delayMs === null ? { $literal: value } : { $add: ['$$NOW', delayMs] };
}

/** The database's now, or `instant` where that lies ahead. */
export const notBefore = (instant: Date): object => ({ $max: ['$$NOW', instant] });

/** A patch as the body of a `$set` stage; fields left undefined are not touched. */
export function toSetStage(patch: object): Record<string, unknown> {
  const stage: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(patch)) if (value !== undefined) stage[field] = toExpression(value);
  return stage;
}
