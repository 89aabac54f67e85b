// The publisher: what calls TikTok, the runner that keeps posts going, and the alarms that wake it.

import { DEFAULT_LATENESS_MS } from '../domain/lateness.ts';
import { createAlarms } from '../jobs/alarms.ts';
import { createAccessTokens } from '../services/access-tokens.ts';
import { createAccounts } from '../services/accounts.ts';
import { createAppPause } from '../services/app-pause.ts';
import { createCallLimits } from '../services/call-limits.ts';
import { createGrantCare } from '../services/grant-care.ts';
import { createOwnerNotices } from '../services/owner-notices.ts';
import { createRunner } from '../services/publisher/runner.ts';
import type { PublisherTiming } from '../services/publisher/work.ts';
import { shareQuestion } from '../stores/gathering.ts';
import { chunkRange, nextChunk, planUpload } from '../tiktok/upload-plan.ts';
import type { Foundation } from './foundation.ts';

const SWEEP_EVERY_MS = 1_000;
const POSTS_AT_ONCE = 400;

export type Publishing = Awaited<ReturnType<typeof createPublishing>>;

export async function createPublishing(foundation: Foundation, timing: PublisherTiming) {
  const { config, database, stores, tiktok, tokenBox, media, world, newId, clock, log, standby } = foundation;
  const ownerNotices = createOwnerNotices({ ...stores, owners: config.owners });
  const accessTokens = createAccessTokens({
    accounts: stores.accounts,
    tokenBox,
    tiktok,
    clock,
    newId,
    requireNoStandby: standby.requireOff,
    onAppRefused: () => ownerNotices.tell('app_refused'),
  });
  const callLimits = createCallLimits(stores.accounts, newId);
  const appPause = createAppPause({
    pauses: stores.pauses,
    posts: stores.posts,
    databaseNow: database.now,
    clock,
    onMet: () => ownerNotices.tell('app_cap'),
  });
  const { isAudited } = config.tiktok;
  const accounts = createAccounts({
    accounts: stores.accounts,
    accessTokens,
    callLimits,
    tiktok,
    world,
    isAudited,
    log,
  });
  const runner = createRunner({
    posts: stores.posts,
    accounts: stores.accounts,
    accessTokens,
    callLimits,
    appPause,
    tiktok,
    media,
    tokenBox,
    plan: { planUpload, chunkRange, nextChunk },
    world,
    findLateness: async ownerId => (await stores.users.find(ownerId))?.latenessMs ?? DEFAULT_LATENESS_MS,
    clock,
    random: Math.random,
    newId,
    timing,
    databaseNow: database.now,
    // Many posts claimed at once ask once.
    isOnStandby: shareQuestion(standby.isOn),
    maxAtOnce: POSTS_AT_ONCE,
    sweepEveryMs: SWEEP_EVERY_MS,
    log,
  });
  const alarms = await createAlarms({
    connection: database.connection,
    async wake(postId) {
      runner.wake(postId);
      await runner.untilCalm();
    },
    log,
  });
  const grantCare = createGrantCare({ ...stores, accessTokens, world, clock, log });
  return { accounts, runner, alarms, grantCare, ownerNotices };
}
