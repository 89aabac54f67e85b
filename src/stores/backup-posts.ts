// What backups ask of posts: which clips belong into one, and, in a restored copy, of which posts nobody here knows what became,
// since the bot that the backup was made of went on.

import { isTerminal, POST_STATES } from '../domain/post.ts';
import type { Clip, Post } from '../domain/post-record.ts';
import { type StoredPost, toPost } from './post-schema.ts';
import type { PostStore } from './posts.ts';

const UNFINISHED = POST_STATES.filter(state => !isTerminal(state));

export type BackupPosts = ReturnType<typeof createBackupPosts>;

export function createBackupPosts({ model }: Pick<PostStore, 'model'>) {
  return {
    /** The clips of posts that are not at their end. One that several posts share comes several times. */
    async *listUnfinishedClips(): AsyncGenerator<Clip> {
      const found = model.find({ state: { $in: UNFINISHED }, clip: { $ne: null } }, { clip: 1 });
      for await (const { clip } of found.lean<Pick<StoredPost, 'clip'>[]>().cursor()) if (clip) yield clip;
    },

    /** Posts that were on their way to TikTok, and those whose time came before `until`. */
    async *listDoubtful(until: Date): AsyncGenerator<Post> {
      const due = { state: 'scheduled' as const, 'due.at': { $lte: until } };
      const found = model.find({ $or: [{ state: 'publishing' as const }, due] });
      for await (const stored of found.lean<StoredPost[]>().cursor()) yield toPost(stored);
    },
  };
}
