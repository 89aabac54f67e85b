// Drafts: made from what a person sent, completed on a card. Every change is a compare-and-set on the one document; the draft is the
// only memory of the conversation.

import type { Account } from '../domain/account.ts';
import {
  type Choices,
  CREATOR_INFO_MAX_AGE_MS,
  type CreatorInfo,
  findForbiddenChoices,
  findMissingChoices,
  NO_CHOICES,
  type PostingMode,
  type Problem,
} from '../domain/choices.ts';
import { AppError } from '../domain/errors.ts';
import { countOverCap, DAILY_CAPS } from '../domain/forecast.ts';
import { type BatchPlace, type Clip, type Due, isWaitingForZone, NO_TRIES, type Post } from '../domain/post-record.ts';
import type { User } from '../domain/user.ts';
import type { PostChange, PostStore } from '../stores/posts.ts';
import type { Accounts } from './accounts.ts';
import { changePost } from './post-change.ts';

const DAY_MS = 86_400_000;
/** A draft untouched for this long is asked about. */
export const DRAFT_REMINDER_MS = DAY_MS;

export interface DraftsDeps {
  readonly posts: PostStore;
  readonly accounts: Accounts;
  readonly mode: PostingMode;
  readonly newId: () => string;
  readonly clock: () => number;
}

export interface DraftInput {
  readonly clip: Clip | null;
  readonly caption: string;
  readonly due: Due | null;
  readonly accountId: string | null;
  /** Where several clips came together: all of one batch share one card. */
  readonly batch?: BatchPlace;
}

export type Drafts = ReturnType<typeof createDrafts>;

/** @throws AppError `post_wrong_state` for a post that is no draft any more. */
export function requireDraft(post: Post): Post {
  if (post.state !== 'draft') throw new AppError('post_wrong_state', { state: post.state });
  return post;
}

/** Everything that keeps a draft from being scheduled, in the order in which a card asks for it. */
export function findGaps(post: Post): Problem[] {
  const gaps: Problem[] = [];
  if (!post.clip) gaps.push({ code: 'clip_required', facts: {} });
  if (!post.accountId) gaps.push({ code: 'account_required', facts: {} });
  if (!post.due) gaps.push({ code: 'time_required', facts: {} });
  else if (isWaitingForZone(post.due)) gaps.push({ code: 'zone_required', facts: {} });
  if (post.mode === 'direct') gaps.push(...findMissingChoices(post.choices));
  if (post.creator && post.clip) gaps.push(...findForbiddenChoices(post.choices, post.creator, post.clip));
  return gaps;
}

export function createDrafts({ posts, accounts, mode, newId, clock }: DraftsDeps) {
  /** The default account, else the only one; with several and no default the card asks. */
  async function pickAccount(user: User, wanted: string | null): Promise<Account | null> {
    if (wanted) return accounts.find(user.id, wanted);
    const all = await accounts.list(user);
    return all.find(({ id }) => id === user.defaultAccountId) ?? (all.length === 1 ? (all[0] ?? null) : null);
  }

  const editDraft = (user: User, id: string, patch: (post: Post) => PostChange['patch']): Promise<Post> =>
    changePost(posts, user.id, id, post => ({
      event: 'edit',
      patch: { ...patch(requireDraft(post)), reminders: 0, wakeAt: new Date(clock() + DRAFT_REMINDER_MS) },
    }));

  return {
    findGaps,

    /** The drafts of one batch, in the order in which their clips came. */
    async listBatch(user: User, batchId: string): Promise<Post[]> {
      const found = await posts.list(user.id, { batchId, states: ['draft'] });
      if (found.length === 0) throw new AppError('post_gone');
      return found.toSorted((a, b) => (a.batch?.index ?? 0) - (b.batch?.index ?? 0));
    },

    /** What the person chose last for an account, so that it can be offered again. */
    async lastChoices(user: User, accountId: string): Promise<Choices | null> {
      return (await posts.findLastConsent(user.id, accountId))?.choices ?? null;
    },

    /** How many of these posts TikTok will likely refuse because the day's cap is reached by then. */
    async forecastOverCap(drafts: readonly Post[]): Promise<{ over: number; cap: number }> {
      const [first] = drafts;
      const cap = DAILY_CAPS[first?.mode ?? mode];
      const own = drafts.flatMap(({ due }) => (due ? [due.at?.getTime() ?? clock() + (due.delayMs ?? 0)] : []));
      if (!first?.accountId || own.length === 0) return { over: 0, cap };
      const from = new Date(Math.min(...own) - DAY_MS);
      const to = new Date(Math.max(...own) + DAY_MS);
      const others = await posts.listDueTimes(
        first.accountId,
        from,
        to,
        drafts.map(({ id }) => id),
      );
      const taken = others.map(at => at.getTime());
      return { over: countOverCap([...taken, ...own], cap) - countOverCap(taken, cap), cap };
    },

    /** Makes a draft; the same chat event makes it once. */
    async make(
      user: User,
      place: { platform: string; chatId: string },
      input: DraftInput,
      eventKey: string,
    ): Promise<Post> {
      const account = await pickAccount(user, input.accountId);
      const now = new Date(clock());
      return posts.insert(
        {
          id: newId(),
          ownerId: user.id,
          accountId: account?.id ?? null,
          world: account?.world ?? null,
          mode: account?.mode ?? mode,
          state: 'draft',
          step: null,
          clip: input.clip,
          caption: input.caption,
          due: input.due,
          choices: NO_CHOICES,
          creator: null,
          consent: null,
          card: { ...place, messageRef: null },
          batch: input.batch ?? null,
          reminders: 0,
          version: 1,
          fence: 0,
          lease: null,
          wakeAt: new Date(now.getTime() + DRAFT_REMINDER_MS),
          attempt: null,
          tries: NO_TRIES,
          problem: null,
          publication: null,
          outbox: [],
          notifyAt: null,
          noticeRef: null,
          createdAt: now,
          updatedAt: now,
        },
        eventKey,
      );
    },

    /** Asks TikTok what the creator allows, unless that is known and at most ten minutes old. */
    async withFreshCreator(user: User, post: Post): Promise<Post> {
      const { accountId, creator } = post;
      const isFresh = creator && clock() - creator.askedAt.getTime() < CREATOR_INFO_MAX_AGE_MS;
      if (post.state !== 'draft' || post.mode !== 'direct' || !accountId || isFresh) return post;
      const fresh = await accounts.askCreator(accountId);
      return editDraft(user, post.id, current => (current.accountId === accountId ? { creator: fresh } : {}));
    },

    setCreator: (user: User, id: string, creator: CreatorInfo): Promise<Post> =>
      editDraft(user, id, () => ({ creator })),

    async chooseAccount(user: User, id: string, accountId: string): Promise<Post> {
      const account = await accounts.find(user.id, accountId);
      return editDraft(user, id, () => ({
        accountId: account.id,
        world: account.world,
        mode: account.mode,
        creator: null,
      }));
    },

    choose: (user: User, id: string, decide: (choices: Choices) => Choices): Promise<Post> =>
      editDraft(user, id, post => ({ choices: decide(post.choices) })),

    setCaption: (user: User, id: string, caption: string): Promise<Post> => editDraft(user, id, () => ({ caption })),

    setClip: (user: User, id: string, clip: Clip): Promise<Post> => editDraft(user, id, () => ({ clip })),

    /** A clip that came by another way than the chat; the person is told. The same clip once. @throws AppError post_* */
    async takeClip(ownerId: string, id: string, clip: Clip): Promise<void> {
      const { clip: present } = await posts.find(ownerId, id);
      if (present?.mediaId === clip.mediaId) return;
      await changePost(posts, ownerId, id, post => {
        requireDraft(post);
        const wakeAt = new Date(clock() + DRAFT_REMINDER_MS);
        return { event: 'edit', patch: { clip, reminders: 0, wakeAt }, notices: ['clip_arrived'] };
      });
    },

    /** Another post with the very same clip, which TikTok may call unoriginal. */
    findSameClip: async (user: User, { id, clip }: Post): Promise<Post | null> =>
      clip && posts.findSameClip(user.id, clip.sha256, id),

    setDue: (user: User, id: string, due: Due): Promise<Post> => editDraft(user, id, () => ({ due })),
  };
}
