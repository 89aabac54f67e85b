// What the owners of the bot hear about it: once an incident, whichever worker notices and however often.

import type { ErrorFacts } from '../domain/errors.ts';
import type { OwnerMemoKind } from '../domain/memo.ts';
import type { IncidentStore } from '../stores/incidents.ts';
import type { MemoStore } from '../stores/memos.ts';
import type { UserStore } from '../stores/users.ts';

/** An incident is over once nobody has noticed it for this long. */
const QUIET_MS = 3 * 3_600_000;

export interface OwnerNoticesDeps {
  readonly incidents: IncidentStore;
  readonly memos: MemoStore;
  readonly users: Pick<UserStore, 'listOwners'>;
  /** Owners named in the settings, as `identityKey` spells them. */
  readonly owners: ReadonlySet<string>;
}

export type OwnerNotices = ReturnType<typeof createOwnerNotices>;

export function createOwnerNotices({ incidents, memos, users, owners }: OwnerNoticesDeps) {
  return {
    /** Tells the owners, unless they know of this incident. `subject` tells apart what may be wrong at the same time. */
    async tell(kind: OwnerMemoKind, facts: ErrorFacts = {}, subject = ''): Promise<void> {
      const name = subject ? `${kind}:${subject}` : kind;
      const openedAt = await incidents.note(name, QUIET_MS);
      // Repeated while it lasts, so a crash between the two loses nothing.
      for (const { id } of await users.listOwners([...owners]))
        await memos.add({ key: `${name}:${openedAt.getTime()}:${id}`, userId: id, kind, facts });
    },
  };
}
