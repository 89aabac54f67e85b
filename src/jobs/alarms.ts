// Agenda as an alarm clock: one job for each post's time. It only wakes the publisher; the post document decides whether anything
// happens, so an alarm that comes twice, late or for an old time does no harm (Agenda promises "at least once", no more).

import { MongoBackend } from '@agendajs/mongo-backend';
import { Agenda, type Job } from 'agenda';
import type { Connection } from 'mongoose';
import { z } from 'zod';
import { AppError } from '../domain/errors.ts';
import type { Post } from '../domain/post-record.ts';

const COLLECTION = 'jobs';
const PUBLISH = 'publish-post';

/** What a job carries: never a caption, never a secret. */
const jobData = z.object({ postId: z.string(), version: z.number().int() });
type JobData = z.infer<typeof jobData>;

/**
 * Few at a time: the publisher's sweep knows what is due as well, so nobody waits for Agenda, whose four writes a job would slow the
 * publisher down in just the second in which a thousand posts are due.
 */
const AT_ONCE = 20;

const SETTINGS = {
  processEvery: 500,
  maxConcurrency: AT_ONCE,
  defaultConcurrency: AT_ONCE,
  defaultLockLimit: AT_ONCE,
  // A job is done once the publisher has been told, which takes no time; a worker that died is followed by another this much later.
  // Agenda keeps the process alive for half of it after each job.
  defaultLockLifetime: 10_000,
  removeOnComplete: true,
} as const;

export interface AlarmsDeps {
  readonly connection: Connection;
  /** Resolves once the publisher can do with another alarm. */
  readonly wake: (postId: string) => Promise<void>;
  readonly log: { warn(facts: object, message: string): void };
}

export interface Alarms {
  /** Sets the alarm for a post's time and forgets the one it had before. */
  set(post: Post): Promise<void>;
  /** Forgets the alarm of a post that is no more. */
  forget(postId: string): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Opens Agenda's collection on our own connection. @throws AppError `database_unavailable` where that is not open. */
export async function createAlarms({ connection, wake, log }: AlarmsDeps): Promise<Alarms> {
  if (!connection.db) throw new AppError('database_unavailable');
  const backend = new MongoBackend({ mongo: connection.db, collection: COLLECTION });
  const agenda = new Agenda({ backend, ...SETTINGS });
  let isStopped = false;
  // Agenda emits its failures; without a listener they are lost. It does not wait for a look at the jobs that is under way when it
  // stops, which then ends with the connection.
  agenda.on('error', error => {
    if (!isStopped) log.warn({ err: error }, 'the alarm clock failed; the sweep finds what it would have woken');
  });
  // Its indexes are being made meanwhile; closing the connection under it would be an unhandled rejection.
  await agenda.ready;
  // Alarms are forgotten by their post, which Agenda has no index for.
  await connection.db.collection(COLLECTION).createIndex({ 'data.postId': 1 });
  agenda.define(PUBLISH, async (job: Job<JobData>) => wake(jobData.parse(job.attrs.data).postId));

  async function forget(postId: string): Promise<void> {
    await agenda.cancel({ name: PUBLISH, data: { postId } });
  }

  return {
    forget,
    async set(post) {
      if (!post.due?.at) return;
      await forget(post.id);
      const data: JobData = { postId: post.id, version: post.version };
      await agenda.create(PUBLISH, data).schedule(post.due.at).save();
    },
    start: () => agenda.start(),
    async stop() {
      isStopped = true;
      // The connection is ours, so Agenda must not close it.
      await agenda.stop(false);
    },
  };
}
