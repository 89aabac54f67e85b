// One round: people schedule, workers publish, and everything of the plan goes wrong meanwhile; then calm, until nothing moves any
// more; then the judge.

import { setTimeout as delay } from 'node:timers/promises';
import type { Clip } from '#domain/post-record.ts';
import type { StoredPost } from '#stores/post-schema.ts';
import { type Crew, startCrew } from './crew.ts';
import { type Ground, openGround } from './ground.ts';
import type { HistoryEntry } from './history.ts';
import { type FinalPost, judge, type Verdict } from './judge.ts';
import { type Acknowledged, playPerson } from './people.ts';
import type { Plan, Strike } from './plan.ts';

/** Short, so that a killed worker's posts are taken over while the round lasts. */
const LEASE_MS = 4_000;
/** Claims on messages longer ago than this are of workers that are no more; their hold of half a minute is cut short. */
const HELD_NOTICE_MS = 6_000;
const CALM_AT_MOST_MS = 180_000;
const LOOK_EVERY_MS = 500;
/** Seldom enough for TikTok's 30 questions a minute. */
const LOOKS_PER_HASTENING = 6;
const SOON_MS = 10 * 60_000;
/** So long nothing may move before a day passes for what still waits for TikTok's word. */
const STILL_MS = 12_000;
const DAY_MS = 25 * 3_600_000;

export interface Outcome extends Verdict {
  readonly kills: number;
  readonly deaths: ReadonlyMap<string, number>;
  readonly tookMs: number;
}

export async function playRound(plan: Plan, tell: (line: string) => void): Promise<Outcome> {
  const startedMs = Date.now();
  const { seed, workers } = plan.size;
  const ground = await openGround({ workers, seed });
  const crew = startCrew({ workers, envOf: ground.envOf, chatUrl: ground.chat.url, leaseMs: LEASE_MS });
  const acknowledged: Acknowledged[] = [];
  let isDone = false;
  try {
    const clips: Partial<Record<'large' | 'small', Promise<Clip>>> = {};
    const clipFor = (isLarge: boolean) => (clips[isLarge ? 'large' : 'small'] ??= ground.keepClip(isLarge));
    const creators = await ground.addCreators(plan.accounts);
    const beganMs = Date.now();
    const people = { ground, crew, beganMs, creators, clipFor };
    const acts = Promise.all([
      ...plan.posts.map(planned => playPerson(people, planned, acknowledged)),
      ...plan.strikes.map(planned => strike(planned, beganMs, ground, crew)),
    ]);
    const tooLong = delay(plan.lengthMs * 5 + CALM_AT_MOST_MS, null, { ref: false });
    if ((await Promise.race([acts, tooLong])) === null) throw new Error('some people were never answered');
    await ground.simulator.call('DELETE', 'faults');
    tell(
      `${Math.round((Date.now() - startedMs) / 1000)} s: the last strike was dealt, ${acknowledged.length} posts scheduled`,
    );
    await untilStill(ground);
    await crew.dismiss();
    const evidence = {
      acknowledged,
      journal: await ground.journal(),
      posts: await readPosts(ground),
      seen: ground.chat.seen,
    };
    isDone = true;
    const verdict = judge(evidence);
    const kills = [...crew.deaths.values()].reduce((sum, count) => sum + count, 0);
    const breaches = [...verdict.breaches, ...crew.misdeeds];
    return { ...verdict, breaches, kills, deaths: crew.deaths, tookMs: Date.now() - startedMs };
  } finally {
    if (!isDone) await crew.dismiss();
    await ground.leave();
  }
}

async function strike(planned: Strike, beganMs: number, ground: Ground, crew: Crew): Promise<void> {
  await delay(Math.max(0, beganMs + planned.atMs - Date.now()));
  switch (planned.kind) {
    case 'kill':
      return crew.kill(planned.worker, planned.failpoint);
    case 'pause':
      return crew.pause(planned.worker, planned.failpoint, planned.forMs);
    case 'terminate':
      return crew.terminate(planned.worker);
    case 'cut': {
      const proxy = ground.proxies[planned.worker];
      proxy?.cut();
      await delay(planned.forMs);
      return proxy?.mend();
    }
    case 'chat_down':
      ground.chat.setDown(true);
      await delay(planned.forMs);
      return ground.chat.setDown(false);
    case 'fault': {
      const until = planned.forMs === null ? {} : { until: Date.now() + planned.forMs };
      await ground.simulator.call('POST', 'faults', { ...planned.fault, ...until });
    }
  }
}

const IS_MOVING = {
  $or: [
    { state: { $in: ['scheduled', 'publishing'] } },
    { state: 'published', 'publication.liveAt': null },
    { 'outbox.0': { $exists: true } },
  ],
} as object;

/** Waits until every post is at its end, hastening what would only wait: stored instants are moved, never a clock. */
async function untilStill(ground: Ground): Promise<void> {
  const { model } = ground.posts;
  const giveUpAtMs = Date.now() + CALM_AT_MOST_MS;
  let seen = '';
  let changedMs = Date.now();
  let isDayOver = false;
  let looks = 0;
  while (Date.now() < giveUpAtMs) {
    const moving = await model.find(IS_MOVING, { version: 1, state: 1, outbox: 1, notifyAt: 1 }).lean();
    if (moving.every(({ state, outbox }) => state === 'published' && outbox.length === 0) && isDayOver) return;
    if (moving.length === 0) return;
    const now = JSON.stringify(moving.map(({ _id, state, outbox }) => [_id, state, outbox.length]));
    if (now !== seen) changedMs = Date.now();
    seen = now;
    const isHeld = { $gt: new Date(Date.now() + HELD_NOTICE_MS), $lt: new Date(Date.now() + 30_000 - HELD_NOTICE_MS) };
    await model.updateMany({ notifyAt: isHeld }, { $set: { notifyAt: new Date() } });
    if (looks++ % LOOKS_PER_HASTENING === 0) await hasten(model);
    if (Date.now() - changedMs > STILL_MS) {
      isDayOver = true;
      changedMs = Date.now();
      await passDay(ground);
    }
    await delay(LOOK_EVERY_MS);
  }
}

/** What waits to be tried or asked about again does so now, unless it waits for TikTok's window. */
async function hasten(model: Ground['posts']['model']): Promise<void> {
  const now = new Date();
  const isWaiting = {
    lease: null,
    wakeAt: { $gt: now, $lt: new Date(now.getTime() + SOON_MS) },
    'due.at': { $lt: now },
  };
  await model.updateMany(
    {
      ...isWaiting,
      state: { $in: ['scheduled', 'publishing', 'published'] },
      'problem.code': { $ne: 'tiktok_rate_limited' },
    },
    { $set: { wakeAt: now } },
  );
}

/** A day passes for posts of which TikTok will never say anything. */
async function passDay({ posts: { model }, journal }: Ground): Promise<void> {
  const ago = new Date(Date.now() - DAY_MS);
  const forgotten = (await journal()).flatMap(({ kind, publishId }) => (kind === 'forgotten' ? [publishId] : []));
  const isForgotten = { state: 'publishing', lease: null, 'attempt.publishId': { $in: forgotten } } as object;
  const waiting = await model.find(isForgotten, { problem: 1, attempt: 1 }).lean();
  for (const { _id, problem, attempt } of waiting)
    if (attempt?.committedAt)
      await model.updateOne(
        { _id, lease: null },
        {
          $set: {
            wakeAt: new Date(),
            'attempt.committedAt': ago,
            ...(problem && { 'problem.at': ago }),
          },
        },
      );
}

async function readPosts({ posts: { model } }: Ground): Promise<Map<string, FinalPost>> {
  const stored = (await model.find().lean()) as (StoredPost & { history?: HistoryEntry[] })[];
  return new Map(
    stored.map(({ _id, state, publication, outbox, history = [] }) => [
      _id,
      { state, isLive: publication?.liveAt != null, owed: outbox.length, history },
    ]),
  );
}
