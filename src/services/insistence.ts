// What must be written although the database is away for a moment: what has happened outside cannot be undone, and not to know of it
// would cost a person something.

import { setTimeout as delay } from 'node:timers/promises';

/** Some seconds altogether; the database's own retries come on top. */
const TRIES = 5;
const RETRY_MS = 200;

/** Tries `write` again while it throws. @throws what it threw last */
export async function insist<T>(write: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await write();
    } catch (error) {
      if (tries === TRIES) throw error;
      await delay(RETRY_MS * tries);
    }
  }
}
