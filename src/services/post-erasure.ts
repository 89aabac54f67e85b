// The end of posts with all that belongs to them: the clip, the alarm, the document. In this order, so that a crash leaves a post
// from which the rest can be found again.

import type { World } from '../domain/account.ts';
import type { User } from '../domain/user.ts';
import type { MediaStore } from '../media/store.ts';
import type { PersonData } from '../stores/person-data.ts';

const AT_ONCE = 100;

export interface PostErasureDeps {
  readonly personData: PersonData;
  readonly media: MediaStore;
  readonly forgetAlarm: (postId: string) => Promise<void>;
}

/** Erases a person's posts, those of one TikTok or all. Gives how many there were. */
export type ErasePosts = (user: User, world?: World) => Promise<number>;

export function createPostErasure({ personData, media, forgetAlarm }: PostErasureDeps): ErasePosts {
  return async (user, world) => {
    let erased = 0;
    for (;;) {
      const found = await personData.findPosts(user, AT_ONCE, world);
      if (found.length === 0) return erased;
      for (const { id, mediaId } of found) {
        if (mediaId !== null) await media.remove(mediaId);
        await forgetAlarm(id);
      }
      await personData.erasePosts(
        user,
        found.map(({ id }) => id),
      );
      erased += found.length;
    }
  };
}
