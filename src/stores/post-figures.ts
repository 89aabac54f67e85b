// How many posts stand where: what the owner is shown. Each count leans on a partial index, so that months of finished posts cost
// nothing.

import type { Model } from 'mongoose';
import type { World } from '../domain/account.ts';
import type { StoredPost } from './post-schema.ts';
import { ofSameKind } from './same-kind.ts';

/** What became of posts within a span. */
export interface Outcomes {
  readonly published: number;
  readonly failed: number;
  readonly held: number;
  readonly unconfirmed: number;
}

export function createFigureQueries(model: Model<StoredPost>) {
  return {
    /** Scheduled posts whose time comes, or came, before `until`. */
    countScheduled: (until: Date, world: World): Promise<number> =>
      model.countDocuments({
        // Posts are woken before their time as well, to be looked at.
        'due.at': { $lte: until },
        wakeAt: { $type: 'date', $lte: until },
        state: 'scheduled',
        ...ofSameKind(world),
      }),

    async findNextDue(after: Date, world: World): Promise<Date | null> {
      const next = await model
        .findOne(
          { 'due.at': { $gt: after }, wakeAt: { $type: 'date' }, state: 'scheduled', ...ofSameKind(world) },
          { 'due.at': 1 },
        )
        .sort({ 'due.at': 1 })
        .lean<Pick<StoredPost, 'due'> | null>();
      return next?.due?.at ?? null;
    },

    async countOutcomes(since: Date, world: World): Promise<Outcomes> {
      const isProblem = { 'problem.at': { $type: 'date' as const, $gte: since }, ...ofSameKind(world) };
      const [published, failed, held, unconfirmed] = await Promise.all([
        model.countDocuments({ 'publication.publishedAt': { $type: 'date', $gte: since }, ...ofSameKind(world) }),
        model.countDocuments({ ...isProblem, state: 'failed' }),
        model.countDocuments({ ...isProblem, state: 'held' }),
        model.countDocuments({ ...isProblem, state: 'unconfirmed' }),
      ]);
      return { published, failed, held, unconfirmed };
    },
  };
}
