// Several clips at once: drafts that share one card. Choices and account are written to each of them, so that each post stands for
// itself once it is scheduled.

import { type Choices, CREATOR_INFO_MAX_AGE_MS, type Problem } from '../domain/choices.ts';
import { AppError } from '../domain/errors.ts';
import type { Clip, Due, Post } from '../domain/post-record.ts';
import { dueInSeries, type Step } from '../domain/series.ts';
import type { User } from '../domain/user.ts';
import type { Accounts } from './accounts.ts';
import type { Drafts } from './drafts.ts';
import type { Posts } from './posts.ts';

export interface BatchesDeps {
  readonly drafts: Drafts;
  readonly posts: Posts;
  readonly accounts: Accounts;
  readonly newId: () => string;
  readonly clock: () => number;
}

export type Batches = ReturnType<typeof createBatches>;

export function createBatches({ drafts, posts, accounts, newId, clock }: BatchesDeps) {
  const find = (user: User, batchId: string): Promise<Post[]> => drafts.listBatch(user, batchId);

  /** One after the other: each is a compare-and-set of its own, and a press on another one of them is decided anew. */
  async function changeAll(
    user: User,
    batchId: string,
    change: (post: Post, index: number) => Promise<Post>,
  ): Promise<Post[]> {
    const changed: Post[] = [];
    for (const [index, post] of (await find(user, batchId)).entries()) changed.push(await change(post, index));
    return changed;
  }

  return {
    find,

    /** Makes a draft of each clip. The same chat event makes them once. */
    async draft(
      user: User,
      place: { platform: string; chatId: string },
      clips: readonly Clip[],
      caption: string,
      eventKey: string,
    ): Promise<Post[]> {
      const id = newId();
      const made: Post[] = [];
      for (const [index, clip] of clips.entries()) {
        const input = { clip, caption, due: null, accountId: null, batch: { id, index } };
        made.push(await drafts.make(user, place, input, `${eventKey}#${index}`));
      }
      return made;
    },

    /** Asks TikTok once for all of them, unless what it said is fresh enough for each. */
    async withFreshCreator(user: User, batch: readonly Post[]): Promise<Post[]> {
      const [first] = batch;
      if (!first?.accountId || first.mode !== 'direct') return [...batch];
      const isFresh = ({ creator }: Post) => creator && clock() - creator.askedAt.getTime() < CREATOR_INFO_MAX_AGE_MS;
      if (batch.every(isFresh)) return [...batch];
      const creator = await accounts.askCreator(first.accountId);
      return Promise.all(batch.map(({ id }) => drafts.setCreator(user, id, creator)));
    },

    chooseAccount: (user: User, batchId: string, accountId: string): Promise<Post[]> =>
      changeAll(user, batchId, ({ id }) => drafts.chooseAccount(user, id, accountId)),

    choose: (user: User, batchId: string, decide: (choices: Choices) => Choices): Promise<Post[]> =>
      changeAll(user, batchId, ({ id }) => drafts.choose(user, id, decide)),

    /** The first one's time, and the others' from it. Words that wait for a zone wait in each. */
    setTimes: (user: User, batchId: string, first: Due, step: Step): Promise<Post[]> =>
      changeAll(user, batchId, ({ id }, index) => drafts.setDue(user, id, dueInSeries(first, index, step))),

    /** Captions by place in the batch; places that are not named keep theirs. */
    setCaptions: (user: User, batchId: string, captions: ReadonlyMap<number, string>): Promise<Post[]> =>
      changeAll(user, batchId, async post => {
        const caption = captions.get(post.batch?.index ?? -1);
        return caption === undefined ? post : drafts.setCaption(user, post.id, caption);
      }),

    /** What keeps any of them from being scheduled, each thing once. */
    findGaps(batch: readonly Post[]): Problem[] {
      const gaps = batch.flatMap(drafts.findGaps);
      return gaps.filter((gap, index) => gaps.findIndex(other => other.code === gap.code) === index);
    },

    /** Schedules all or, where something is missing from one of them, none. @throws AppError the first gap, `time_past`. */
    async schedule(user: User, batchId: string): Promise<Post[]> {
      const batch = await find(user, batchId);
      const [gap] = batch.flatMap(drafts.findGaps);
      if (gap) throw new AppError(gap.code, gap.facts);
      if (batch.some(({ due }) => due?.at && due.at.getTime() < clock())) throw new AppError('time_past');
      const scheduled: Post[] = [];
      for (const { id } of batch) scheduled.push(await posts.schedule(user, id));
      return scheduled;
    },

    discard: (user: User, batchId: string): Promise<Post[]> =>
      changeAll(user, batchId, ({ id }) => posts.cancel(user, id)),
  };
}
