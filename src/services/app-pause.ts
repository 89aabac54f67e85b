// TikTok's cap on how many creators may post through one app in a day, which no retry mends: once it is met, the whole app lets its
// inits rest, all workers together. Creators who posted within the day count already, so theirs go on.

import { AppError, isAppError } from '../domain/errors.ts';
import type { PauseStore } from '../stores/pauses.ts';
import type { PostStore } from '../stores/posts.ts';

const NAME = 'tiktok-app-cap';
const PAUSE_MS = 10 * 60_000;
/** How old a worker's knowledge of the pause may be; each one asks once. */
const KNOWN_FOR_MS = 5_000;
const CAP_WINDOW_MS = 24 * 3_600_000;

export interface AppPauseDeps {
  readonly pauses: Pick<PauseStore, 'begin' | 'findEnd'>;
  readonly posts: Pick<PostStore, 'hasPublishedSince'>;
  /** The database's now, ms: workers' clocks differ. */
  readonly databaseNow: () => Promise<number>;
  readonly clock: () => number;
  /** The cap was met, once more perhaps. */
  readonly onMet: () => Promise<void>;
}

export type AppPause = ReturnType<typeof createAppPause>;

export function createAppPause({ pauses, posts, databaseNow, clock, onMet }: AppPauseDeps) {
  let askedMs = Number.NEGATIVE_INFINITY;
  let endsMs = 0;

  async function remainingMs(): Promise<number> {
    const nowMs = performance.now();
    if (nowMs - askedMs >= KNOWN_FOR_MS) {
      askedMs = nowMs;
      const end = await pauses.findEnd(NAME);
      endsMs = end ? nowMs + end.getTime() - (await databaseNow()) : nowMs;
    }
    return Math.max(0, Math.ceil(endsMs - nowMs));
  }

  async function begin(): Promise<void> {
    endsMs = performance.now() + PAUSE_MS;
    await pauses.begin(NAME, new Date((await databaseNow()) + PAUSE_MS));
    await onMet();
  }

  return {
    /**
     * Runs a call to TikTok that the cap may meet.
     * @throws AppError `tiktok_app_user_cap`, with `waitMs` and without a call while the pause lasts; whatever `call` throws.
     */
    async heed<T>(accountId: string, call: () => Promise<T>): Promise<T> {
      const waitMs = await remainingMs();
      const since = new Date(clock() - CAP_WINDOW_MS);
      if (waitMs > 0 && !(await posts.hasPublishedSince(accountId, since)))
        throw new AppError('tiktok_app_user_cap', { waitMs });
      try {
        return await call();
      } catch (error) {
        if (isAppError(error, 'tiktok_app_user_cap')) await begin();
        throw error;
      }
    },
  };
}
