// The people of a round: they schedule, and some cancel or move what they scheduled, each until the bot has answered. What they were
// answered is what the judge holds the bot to.

import { setTimeout as delay } from 'node:timers/promises';
import type { Clip } from '#domain/post-record.ts';
import { CREATOR, makeScheduledPost } from '#test/support/publishable.ts';
import type { Crew } from './crew.ts';
import type { Creator, Ground } from './ground.ts';
import { WORLD } from './ground.ts';
import type { PlannedPost } from './plan.ts';

/** A post that a person was told is scheduled. */
export interface Acknowledged {
  readonly postId: string;
  readonly platform: string;
  readonly sha256: string;
  /** The last time that was agreed on, ms since the epoch. */
  dueMs: number;
  isCancelled: boolean;
}

/** A person who came too late for their own time takes a later one. */
const SECOND_THOUGHT_MS = 5_000;
const DAY_MS = 86_400_000;

export interface People {
  readonly ground: Ground;
  readonly crew: Crew;
  /** ms since the epoch. */
  readonly beganMs: number;
  readonly creators: readonly Creator[];
  readonly clipFor: (isLarge: boolean) => Promise<Clip>;
}

const until = (atMs: number): Promise<void> => delay(Math.max(0, atMs - Date.now()));

/** One post's person. */
export async function playPerson(people: People, planned: PlannedPost, acknowledged: Acknowledged[]): Promise<void> {
  const { crew, beganMs } = people;
  await until(beganMs + planned.scheduledAtMs);
  const post = await schedule(people, planned);
  acknowledged.push(post.told);
  const { change } = planned;
  if (!change) return;
  await until(beganMs + change.atMs);
  const press = { userId: post.userId, postId: post.told.postId };
  if (change.kind === 'cancel') {
    const outcome = await crew.press({ ...press, kind: 'cancel' });
    // Pressed twice because the first answer was lost, it is cancelled already.
    const isWithdrawn = outcome === 'post_wrong_state' && (await stateOf(people, press.postId)) === 'cancelled';
    post.told.isCancelled = outcome === 'done' || isWithdrawn;
  } else {
    const toMs = beganMs + change.toMs;
    if ((await crew.press({ ...press, kind: 'move', toMs })) === 'done') post.told.dueMs = toMs;
  }
}

async function schedule(people: People, planned: PlannedPost) {
  const { ground, crew, beganMs } = people;
  const creator = people.creators[planned.account];
  if (!creator) throw new Error(`no account ${planned.account}`);
  const { user, account } = creator;
  const [identity] = user.identities;
  if (!identity) throw new Error(`nobody is ${user.id}`);
  const clip = await people.clipFor(planned.isLarge);
  const id = ground.newId();
  let dueMs = beganMs + planned.dueMs;
  const facts = { id, ownerId: user.id, accountId: account.id, world: WORLD, clip };
  const due = { at: new Date(dueMs), delayMs: null, zone: 'UTC', words: 'then' };
  const card = { platform: identity.platform, chatId: identity.chatId, messageRef: `card-${id}` };
  const asked = planned.isAsked ? { ...CREATOR, askedAt: new Date() } : null;
  const draft = {
    state: 'draft',
    caption: id,
    wakeAt: new Date(Date.now() + DAY_MS),
    due,
    card,
    creator: asked,
  } as const;
  await ground.posts.insert(makeScheduledPost(facts, draft), `chaos:${id}`);
  for (;;) {
    const outcome = await crew.press({ kind: 'schedule', userId: user.id, postId: id });
    // Pressed twice because the first answer was lost, it is scheduled already.
    if (outcome === 'done' || (outcome === 'post_wrong_state' && (await stateOf(people, id)) !== 'draft')) break;
    if (outcome === 'time_past') {
      dueMs = Date.now() + SECOND_THOUGHT_MS;
      await ground.posts.model.updateOne({ _id: id, state: 'draft' }, { $set: { 'due.at': new Date(dueMs) } });
    } else await delay(100);
  }
  const told = { postId: id, platform: card.platform, sha256: clip.sha256, dueMs, isCancelled: false };
  return { userId: user.id, told };
}

async function stateOf({ ground }: People, postId: string): Promise<string | undefined> {
  return (await ground.posts.findForWork(postId))?.state;
}
