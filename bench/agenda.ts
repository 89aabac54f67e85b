// Bare Agenda on the same database, running a job that does nothing: what an alarm clock alone can do.

import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '#stores/database.ts';
import { type ChildProcess, startProcess } from '#test/support/processes.ts';

export const AGENDA_SETTINGS = {
  '250 ms, 400': {
    processEvery: 250,
    maxConcurrency: 400,
    defaultConcurrency: 400,
    defaultLockLimit: 400,
    removeOnComplete: true,
  },
  defaults: {},
} as const;
export type AgendaSettings = keyof typeof AGENDA_SETTINGS;

export const JOB = 'nothing';
const FUTURE_MS = 86_400_000;
const BATCH = 1_000;
const LEAD_MS = 3_000;
const LEAD_PER_JOB_MS = 0.5;
const GIVE_UP_MS = 180_000;

export interface AgendaCase {
  readonly uri: string;
  readonly settings: AgendaSettings;
  readonly jobs: number;
  readonly overMs: number;
  readonly workers: number;
  /** Jobs that are due in days. */
  readonly background: number;
}

/** How late each job began, ms. */
export async function runAgenda(
  database: Database,
  options: AgendaCase,
): Promise<{ lateMs: number[]; lastMs: number }> {
  const { uri, settings, jobs: count, overMs, workers, background } = options;
  const collection = `agenda-${Date.now()}`;
  const jobs = database.connection.db?.collection(collection);
  if (!jobs) throw new Error('the database is not open');
  const children: ChildProcess[] = [];
  try {
    for (let worker = 0; worker < workers; worker++) {
      const child = startProcess('bench/agenda-worker.ts', {
        args: ['--uri', uri, '--collection', collection, '--settings', settings],
      });
      children.push(child);
      await child.waitForLine(/^ready$/);
    }
    const like = { name: JOB, type: 'normal', priority: 0, lockedAt: null, disabled: false, progress: null };
    const write = async (size: number, at: (index: number) => number) => {
      for (let first = 0; first < size; first += BATCH)
        await jobs.insertMany(
          Array.from({ length: Math.min(BATCH, size - first) }, (_, index) => {
            const nextRunAt = new Date(at(first + index));
            return { ...like, nextRunAt, data: { dueMs: nextRunAt.getTime() } };
          }),
        );
    };
    await write(background, index => Date.now() + FUTURE_MS + index * 1_000);
    const dueMs = Date.now() + LEAD_MS + count * LEAD_PER_JOB_MS;
    await write(count, index => dueMs + Math.floor((index * overMs) / count));
    if (Date.now() > dueMs) throw new Error('the jobs could not be written before they were due');
    const giveUpAt = dueMs + overMs + GIVE_UP_MS;
    while ((await jobs.countDocuments({ name: JOB, nextRunAt: { $lt: new Date(dueMs + overMs + 1) } })) > 0) {
      if (Date.now() > giveUpAt) throw new Error('Agenda did not run all jobs');
      await delay(500);
    }
    const lateMs: number[] = [];
    for (const child of children) {
      child.tell('report');
      const [, list = '[]'] = await child.waitForLine(/^late (.*)$/);
      lateMs.push(...(JSON.parse(list) as number[]));
    }
    return { lateMs, lastMs: Math.max(...lateMs) };
  } finally {
    await Promise.all(children.map(child => child.kill('SIGKILL')));
    await jobs.drop();
  }
}
