// Instants counted from the database's now. Rules name them, the stores write them, so that no worker's clock decides about leases
// and waits.

const AFTER_NOW = Symbol('afterNow');

/** An instant some milliseconds after the database's now. */
export interface AfterNow {
  readonly [AFTER_NOW]: number;
}

/** `delayMs` from the database's now, at the moment of the write. */
export const afterNow = (delayMs: number): AfterNow => ({ [AFTER_NOW]: delayMs });

/** The delay of an AfterNow, in whole milliseconds; null for anything else. */
export const delayAfterNow = (value: unknown): number | null =>
  typeof value === 'object' && value !== null && AFTER_NOW in value ? Math.round((value as AfterNow)[AFTER_NOW]) : null;
