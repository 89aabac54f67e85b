// The mark of a database that must not act: a copy restored from a backup while the one it was made of may still run, or one whose
// contents have moved elsewhere. It lies in the data itself, so that no copy can be started without it.

import { z } from 'zod';
import type { MarkStore } from './marks.ts';

const MARK = 'standby';

/** Where the mark lies, for whoever copies a database without it. */
export const STANDBY_PLACE = { collection: 'marks', id: MARK } as const;

const standbyMark = z.object({
  reason: z.enum(['restored', 'moved']),
  /** When the backup was made, or the move ended. */
  at: z.iso.datetime().transform(text => new Date(text)),
});

export type StandbyMark = z.output<typeof standbyMark>;
export type StandbyStore = ReturnType<typeof createStandbyStore>;

export function createStandbyStore(marks: Pick<MarkStore, 'read' | 'write' | 'remove'>) {
  return {
    async read(): Promise<StandbyMark | null> {
      const text = await marks.read(MARK);
      return text === null ? null : standbyMark.parse(JSON.parse(text));
    },

    write: ({ reason, at }: StandbyMark): Promise<void> =>
      marks.write(MARK, JSON.stringify({ reason, at: at.toISOString() })),

    remove: (): Promise<void> => marks.remove(MARK),
  };
}
