// What a person decides about a post of which TikTok never said whether it became a video. Nothing here happens by itself: a second
// video is possible once the post is sent again, and only its person can look.

import { AppError } from '../domain/errors.ts';
import { NO_TRIES, type Post } from '../domain/post-record.ts';
import type { User } from '../domain/user.ts';
import type { MediaStore } from '../media/store.ts';
import type { PostChange, PostStore } from '../stores/posts.ts';
import { changePost } from './post-change.ts';

export interface UnconfirmedDeps {
  readonly posts: PostStore;
  readonly media: Pick<MediaStore, 'size'>;
  readonly clock: () => number;
  readonly setAlarm: (post: Post) => Promise<void>;
}

export type Unconfirmed = ReturnType<typeof createUnconfirmed>;

/** Every one of these throws AppError `post_wrong_state` for a post that is not, or no longer, unconfirmed. */
export function createUnconfirmed({ posts, media, clock, setAlarm }: UnconfirmedDeps) {
  const settle = (user: User, id: string, decide: (post: Post, now: Date) => PostChange): Promise<Post> =>
    changePost(posts, user.id, id, post => {
      // The events are allowed to the publisher elsewhere; an old button must not end a post that is on its way.
      if (post.state !== 'unconfirmed') throw new AppError('post_wrong_state', { state: post.state });
      return decide(post, new Date(clock()));
    });

  return {
    /** "It is on TikTok." */
    confirm: (user: User, id: string): Promise<Post> =>
      settle(user, id, (_post, now) => ({
        event: 'publish',
        patch: {
          wakeAt: null,
          problem: null,
          publication: { publishedAt: now, deliveredAt: null, postIds: [], liveAt: null },
        },
      })),

    /** "Try again": sent once more, now. A second video may come of it. @throws AppError `clip_gone`. */
    async retry(user: User, id: string): Promise<Post> {
      const { clip } = await posts.find(user.id, id);
      if (clip) await media.size(clip.mediaId);
      const again = await settle(user, id, ({ due }, now) => ({
        event: 'retry',
        patch: {
          due: { at: now, delayMs: null, zone: due?.zone || 'UTC', words: 'now' },
          wakeAt: now,
          ...{ attempt: null, problem: null, reminders: 0, tries: NO_TRIES },
        },
      }));
      await setAlarm(again);
      return again;
    },

    /** "Give up": nothing more is asked or sent; the post can be fixed and scheduled anew like any that failed. */
    giveUp: (user: User, id: string): Promise<Post> =>
      settle(user, id, (_post, now) => ({
        event: 'fail',
        patch: { wakeAt: null, problem: { code: 'post_unconfirmed', facts: {}, at: now } },
      })),
  };
}
