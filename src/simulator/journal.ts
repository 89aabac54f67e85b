/** What the simulator accepted, in order: the oracle of tests. An entry is written with its effect or not at all. */
import type { DatabaseSync } from 'node:sqlite';

export type JournalKind =
  | 'code.issued'
  | 'token.issued'
  | 'token.refreshed'
  | 'revoked'
  | 'user_info'
  | 'creator_info'
  | 'init'
  | 'inbox.init'
  | 'chunk'
  | 'upload.complete'
  | 'status'
  | 'inbox.delivered'
  | 'published'
  | 'public'
  | 'failed'
  | 'forgotten'
  | 'refused'
  | 'rate_limited'
  | 'fault'
  | 'webhook.delivered'
  | 'webhook.given_up';

/** What an entry may say besides what, when and in which order; which of them depends on the kind. */
export interface JournalFacts {
  route?: string;
  /** Error code of a refusal, or the fault's kind. */
  code?: string;
  message?: string;
  clientKey?: string;
  username?: string;
  openId?: string;
  /** First characters of the access token's SHA-256: tells tokens apart without being one. */
  tokenId?: string;
  scopes?: string;
  publishId?: string;
  postId?: string;
  postInfo?: unknown;
  status?: string;
  firstByte?: number;
  bytes?: number;
  sha256?: string;
  failReason?: string;
  event?: string;
}

export interface JournalEntry extends JournalFacts {
  seq: number;
  /** Epoch milliseconds at which it happened; a delayed event carries its own instant, not that of its discovery. */
  at: number;
  kind: JournalKind;
}

export interface JournalFilter {
  kind?: JournalKind | undefined;
  /** Only entries with a greater `seq`. */
  after?: number | undefined;
  limit?: number | undefined;
}

export interface Journal {
  append(kind: JournalKind, facts: JournalFacts, at?: number): void;
  read(filter?: JournalFilter): JournalEntry[];
  /** The newest first. */
  latest(limit: number): JournalEntry[];
}

export function createJournal(db: DatabaseSync, clock: () => number): Journal {
  const insert = db.prepare('INSERT INTO journal (at, kind, json) VALUES (?, ?, ?)');
  const all = db.prepare('SELECT * FROM journal WHERE seq > ? ORDER BY seq LIMIT ?');
  const ofKind = db.prepare('SELECT * FROM journal WHERE seq > ? AND kind = ? ORDER BY seq LIMIT ?');
  const newest = db.prepare('SELECT * FROM journal ORDER BY seq DESC LIMIT ?');
  return {
    append(kind, facts, at = clock()) {
      insert.run(at, kind, JSON.stringify(facts));
    },
    read({ kind, after = 0, limit = -1 } = {}) {
      const rows = kind === undefined ? all.all(after, limit) : ofKind.all(after, kind, limit);
      return rows.map(toEntry);
    },
    latest: limit => newest.all(limit).map(toEntry),
  };
}

function toEntry(row: Record<string, unknown>): JournalEntry {
  const facts = JSON.parse(String(row.json)) as JournalFacts;
  return { seq: Number(row.seq), at: Number(row.at), kind: row.kind as JournalKind, ...facts };
}
