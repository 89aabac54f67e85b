// How much of the store one person may fill: with clips that wait, clips that are still kept, and clips that are arriving.

import { AppError } from '../domain/errors.ts';

export interface QuotaDeps {
  readonly limitBytes: number;
  /** What the person's clips take, arrived and arriving in parts. */
  readonly usedBytes: (ownerId: string) => Promise<number>;
}

export interface Room {
  /** The most that the clip may have. */
  readonly bytes: number;
  /** The refusal for a clip that was too large for what is left, or null where the person has room enough. */
  explain(error: AppError): AppError | null;
  release(): void;
}

export type Quota = ReturnType<typeof createQuota>;

export function createQuota({ limitBytes, usedBytes }: QuotaDeps) {
  /** Announced by clips that arrive at once; not in the database until they are whole. */
  const arriving = new Map<string, number>();

  const add = (ownerId: string, bytes: number) => {
    const sum = (arriving.get(ownerId) ?? 0) + bytes;
    if (sum > 0) arriving.set(ownerId, sum);
    else arriving.delete(ownerId);
  };

  return {
    /**
     * Room for one more clip of a person's. Without an announced size it is all that is left.
     * @throws AppError `clip_quota_full`
     */
    async take(ownerId: string, announcedBytes: number | null): Promise<Room> {
      const used = (await usedBytes(ownerId)) + (arriving.get(ownerId) ?? 0);
      const left = limitBytes - used;
      const full = () => new AppError('clip_quota_full', { usedBytes: used, limitBytes });
      if (left <= 0 || (announcedBytes !== null && announcedBytes > left)) throw full();
      let taken = announcedBytes ?? 0;
      add(ownerId, taken);
      return {
        bytes: left,
        explain: ({ facts }) => (facts.limitBytes === left ? full() : null),
        release() {
          add(ownerId, -taken);
          taken = 0;
        },
      };
    },
  };
}
