/**
 * Runs commands in turns. In one turn every waiting command gets a time slice, then everything written in it is
 * committed at once (group commit), and only then are the answers sent: what a client has been told is in the file.
 */

import { type Document, doc } from '../codec/values.ts';
import type { CommandContext } from '../commands/context.ts';
import type { Prepared } from '../commands/table.ts';
import { type StorageFile, sqliteCode } from '../storage/file.ts';
import { CommandError, errorReply } from './errors.ts';

/** Long enough to get somewhere, short enough that nobody waits for others noticeably. */
const SLICE_MS = 5;

export type Task = {
  readonly prepared: Prepared;
  readonly context: CommandContext;
  readonly reply: (document: Document) => void;
};

type Running = Task & {
  readonly steps: Generator<null, Document>;
  readonly startedAt: number;
  hasWritten: boolean;
  isCancelled: boolean;
  isStarted: boolean;
  /** What its next step answers instead of going on. */
  endsWith: CommandError | null;
};

export type Scheduler = ReturnType<typeof createScheduler>;

export function createTimeSlice() {
  let startedAt = 0;
  return {
    start: () => {
      startedAt = performance.now();
    },
    isUsedUp: () => performance.now() - startedAt > SLICE_MS,
  };
}

type SchedulerDeps = {
  file: StorageFile;
  slice: ReturnType<typeof createTimeSlice>;
  /** Everything in memory that mirrors the file must be read again. */
  onRollback: () => void;
  onWarning: (message: string) => void;
};

export function createScheduler({ file, slice, onRollback, onWarning }: SchedulerDeps) {
  let queue: Running[] = [];
  /** Those of the turn that is under way. */
  let turnTasks: readonly Running[] = [];
  let scheduled = false;

  function submit(task: Task): { cancel: () => void } {
    const running: Running = {
      ...task,
      steps: runSteps(task),
      startedAt: performance.now(),
      hasWritten: false,
      isCancelled: false,
      isStarted: false,
      endsWith: null,
    };
    queue.push(running);
    schedule();
    return {
      cancel: () => {
        running.isCancelled = true;
      },
    };
  }

  function schedule(): void {
    if (scheduled) return;
    scheduled = true;
    setImmediate(turn);
  }

  function turn(): void {
    scheduled = false;
    const tasks = queue;
    queue = [];
    turnTasks = tasks;
    const finished: { task: Running; reply: Document }[] = [];
    for (const task of tasks) {
      try {
        const reply = step(task);
        if (reply) finished.push({ task, reply });
        else if (!task.isCancelled) queue.push(task);
      } catch (error) {
        finished.push({ task, reply: failTurn(error, task, finished) });
      }
    }
    commitTurn(finished);
    for (const { task, reply } of finished) if (!task.isCancelled) task.reply(reply);
    if (queue.length > 0) schedule();
  }

  /** One time slice. @throws what is no CommandError: the storage failed */
  function step(task: Running): Document | null {
    const { maxTimeMs } = task.prepared;
    if (task.isCancelled) {
      task.steps.return(doc({}));
      return null;
    }
    if (task.endsWith) {
      task.steps.return(doc({}));
      return errorReply(task.endsWith);
    }
    task.isStarted = true;
    slice.start();
    const writesBefore = file.writeCount();
    try {
      if (maxTimeMs > 0 && performance.now() - task.startedAt > maxTimeMs) {
        task.steps.return(doc({}));
        throw new CommandError(50, 'operation exceeded time limit');
      }
      const { done, value } = task.steps.next();
      return done ? withOk(value) : null;
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      return errorReply(error);
    } finally {
      if (file.writeCount() !== writesBefore) task.hasWritten = true;
    }
  }

  function commitTurn(finished: { task: Running; reply: Document }[]): void {
    try {
      file.commit();
      if (finished.some(({ task }) => task.prepared.needsSync)) file.sync();
    } catch (error) {
      const reply = failTurn(error, null, finished);
      for (const entry of finished) if (entry.task.hasWritten) entry.reply = reply;
    }
    for (const task of queue) task.hasWritten = false;
  }

  /**
   * The storage failed: nothing of this turn happened. Whoever wrote in it is told so; commands that are still under
   * way end too, because what they know of the file may no longer be true.
   */
  function failTurn(error: unknown, culprit: Running | null, finished: { task: Running; reply: Document }[]): Document {
    const reply = errorReply(storageError(error));
    onWarning(`The database could not carry out a command: ${reply.get('errmsg')}`);
    file.rollback();
    for (const entry of finished) if (entry.task.hasWritten) entry.reply = reply;
    for (const task of queue) {
      if (task === culprit) continue;
      task.steps.return(doc({}));
      finished.push({ task, reply });
    }
    queue = [];
    onRollback();
    return reply;
  }

  /** To be called from within a step; the command that calls it goes on. */
  function endStarted(error: CommandError): void {
    for (const task of [...turnTasks, ...queue]) if (task.isStarted) task.endsWith = error;
  }

  return { submit, endStarted };
}

/** The command itself begins with its first time slice, not when it arrives. */
function* runSteps({ prepared, context }: Task): Generator<null, Document> {
  const result = prepared.run(context);
  return result instanceof Map ? result : yield* result;
}

function withOk(reply: Document): Document {
  return reply.has('ok') ? reply : reply.set('ok', 1);
}

function storageError(error: unknown): CommandError {
  const code = sqliteCode(error);
  const message = error instanceof Error ? error.message : String(error);
  switch (code) {
    case 13:
      return new CommandError(14031, 'The disk is full: nothing was written. Free some space.');
    case 8:
      return new CommandError(96, 'The database file cannot be written: check its permissions.');
    case 10:
      return new CommandError(96, `Reading or writing the database file failed: ${message}`);
    case 11:
    case 26:
      return new CommandError(96, 'The database file is damaged: stop, put it aside and restore a backup.');
    default:
      return new CommandError(1, message);
  }
}
