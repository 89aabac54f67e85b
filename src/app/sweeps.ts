// What repeats by itself beside the publisher: notices, summaries, clips nobody needs, links nobody finished.

import { renderGathered } from '#commands/cards/gathered-notices.ts';
import { renderMemo } from '#commands/cards/memos.ts';
import { renderNotice, renderSummary } from '#commands/cards/notices.ts';
import { renderPost } from '#commands/cards/post-card.ts';
import { showComposer } from '#commands/composer.ts';
import type { Adapter } from '../chat/adapter.ts';
import { createDailySummary } from '../services/daily-summary.ts';
import { createMemos } from '../services/memos.ts';
import { createNotifier } from '../services/notifier.ts';
import type { Services } from '../services/services.ts';
import { createSweep, type Sweep } from '../services/sweep.ts';
import type { Foundation } from './foundation.ts';
import type { Publishing } from './publishing.ts';

const NOTICES_EVERY_MS = 500;
const MEMOS_EVERY_MS = 1_000;
const ENDED_GRANTS_EVERY_MS = 10_000;
const IDLE_GRANTS_EVERY_MS = 3_600_000;
const SUMMARIES_EVERY_MS = 60_000;
const CLIPS_EVERY_MS = 3_600_000;
/** A clip that was just received has no post yet. */
const CLIP_GRACE_MS = 3_600_000;
const UPLOADS_EVERY_MS = 10_000;
const ABANDONED_LINKS_EVERY_MS = 60_000;

export function createSweeps(
  { config, database, stores, standby, media, newId, clock, log }: Foundation,
  services: Services,
  { grantCare }: Publishing,
  adapterFor: (platform: string) => Adapter | undefined,
): Sweep[] {
  const notifier = createNotifier({
    posts: stores.posts,
    adapterFor,
    findAccount: stores.accounts.findForWork,
    findUser: stores.users.find,
    renderNotice,
    renderGathered,
    async renderCard(post, account) {
      const user = post.state === 'draft' ? await stores.users.find(post.ownerId) : null;
      if (!user) return renderPost(post, account);
      const limits = { forms: adapterFor(post.card.platform)?.limits.forms ?? false };
      return showComposer({ services, user, now: clock(), limits }, post, { asksTikTok: false });
    },
    databaseNow: database.now,
    newId,
    clock,
    everyMs: NOTICES_EVERY_MS,
    log,
  });
  const dailySummary = createDailySummary({
    users: stores.users,
    posts: stores.posts,
    adapterFor,
    renderSummary,
    clock,
    everyMs: SUMMARIES_EVERY_MS,
    log,
  });
  const clipSweep = createSweep({
    name: 'clips',
    everyMs: CLIPS_EVERY_MS,
    async run() {
      const keptSince = new Date(clock() - config.clipKeepMs);
      await media.sweepOrphans(async ids => {
        const [used, arriving] = [
          await stores.posts.findMediaInUse(ids, keptSince),
          await stores.uploads.findArriving(ids),
        ];
        return used.union(arriving);
      }, CLIP_GRACE_MS);
    },
    clock,
    log,
  });
  const uploadSweep = createSweep({
    name: 'uploads',
    everyMs: UPLOADS_EVERY_MS,
    run: services.uploads.sweep,
    clock,
    log,
  });
  const linkSweep = createSweep({
    name: 'abandoned links',
    everyMs: ABANDONED_LINKS_EVERY_MS,
    async run() {
      // It ends grants that were never taken up, of which the bot that a copy was made of may know better.
      if (!(await standby.isOn())) await services.linking.sweepAbandoned();
    },
    clock,
    log,
  });
  const memos = createMemos({
    memos: stores.memos,
    adapterFor,
    findUser: stores.users.find,
    renderMemo,
    newId,
    clock,
    everyMs: MEMOS_EVERY_MS,
    log,
  });
  const endedGrants = createSweep({
    name: 'ended grants',
    everyMs: ENDED_GRANTS_EVERY_MS,
    run: grantCare.settleAllEnded,
    clock,
    log,
  });
  const idleGrants = createSweep({
    name: 'idle grants',
    everyMs: IDLE_GRANTS_EVERY_MS,
    run: grantCare.lookAfterIdle,
    clock,
    log,
  });
  return [notifier, dailySummary, clipSweep, uploadSweep, linkSweep, memos, endedGrants, idleGrants];
}
