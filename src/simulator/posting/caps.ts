/** What a creator, and an app, has used up of TikTok's daily allowances: counted over the last 24 hours. */
import type { DatabaseSync } from 'node:sqlite';

const DAY_MS = 86_400_000;

export interface CapUsage {
  /** Direct posts of this creator through any app, but for the one numbered `exceptNo`. */
  directPosts(username: string, now: number, exceptNo?: number): number;
  /** Drafts that the creator has neither finished nor lost. */
  pendingDrafts(username: string, now: number): number;
  /** How many other people posted through this app. */
  otherCreators(clientKey: string, username: string, now: number): number;
}

export function createCapUsage(db: DatabaseSync): CapUsage {
  const directPosts = db.prepare(
    `SELECT count(*) AS n FROM publishes
     WHERE username = ? AND kind = 'direct' AND completed_at > ? AND state <> 'failed' AND no <> ?`,
  );
  const pendingDrafts = db.prepare(
    `SELECT count(*) AS n FROM publishes WHERE username = ? AND kind = 'inbox' AND created_at > ?
       AND (state IN ('processing', 'inbox') OR (state = 'uploading' AND upload_expires_at > ?))`,
  );
  const otherCreators = db.prepare(
    `SELECT count(DISTINCT username) AS n FROM publishes
     WHERE client_key = ? AND completed_at > ? AND kind = 'direct' AND state <> 'failed' AND username <> ?`,
  );
  return {
    directPosts: (username, now, exceptNo = -1) => Number(directPosts.get(username, now - DAY_MS, exceptNo)?.n),
    pendingDrafts: (username, now) => Number(pendingDrafts.get(username, now - DAY_MS, now)?.n),
    otherCreators: (clientKey, username, now) => Number(otherCreators.get(clientKey, now - DAY_MS, username)?.n),
  };
}
