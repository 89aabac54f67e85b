// The main thread's side of the parsing worker: one clip at a time, each within a time limit, a fresh worker after one had to be
// killed or killed itself. The worker starts with the first clip and goes after a quiet minute, so that idle bots stay small.

import { Worker } from 'node:worker_threads';
import type { ClipFacts } from '../domain/clip.ts';
import { AppError } from '../domain/errors.ts';

export interface ProbeQuestion {
  /** An open file of this process; workers share its descriptors. */
  readonly fd: number;
  readonly sizeBytes: number;
}

/** What a parser can see; container and size are known before. */
export type ParsedFacts = Omit<ClipFacts, 'container' | 'sizeBytes'>;

export type ProbeAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'facts'; readonly facts: ParsedFacts }
  | { readonly kind: 'without_picture' }
  | { readonly kind: 'unreadable'; readonly reason: string };

export interface ParserOptions {
  /** Processor time for one clip, from the moment the worker is up: on a busy machine a good clip must not look like a bad one. */
  readonly cpuLimitMs: number;
  /** Of the worker's heap; its buffers are bounded by what it may read. */
  readonly memoryMb: number;
}

const START_TIMEOUT_MS = 20_000;
/** How much longer than its processor time a clip may take. */
const WALL_PER_CPU = 8;
/** How often in the processor time of a clip it is asked for. */
const LOOKS = 5;
const IDLE_MS = 60_000;

export type Parser = ReturnType<typeof createParser>;

export function createParser({ cpuLimitMs, memoryMb }: ParserOptions) {
  let worker: Worker | null = null;
  let idleTimer: NodeJS.Timeout | undefined;
  let queue: Promise<unknown> = Promise.resolve();
  let isClosed = false;

  async function dropWorker(): Promise<void> {
    clearTimeout(idleTimer);
    const dropped = worker;
    worker = null;
    await dropped?.terminate();
  }

  async function startWorker(): Promise<Worker> {
    const started = new Worker(new URL('./probe-worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: 8, stackSizeMb: 4 },
    });
    worker = started;
    // A worker may also die between two clips, where nobody waits for an answer: the next clip finds none and starts another.
    started
      .on('error', () => undefined)
      .on('exit', () => {
        if (worker === started) worker = null;
      });
    const answer = await nextAnswer(started, { wallMs: START_TIMEOUT_MS, cpuMs: START_TIMEOUT_MS }, () => {});
    if (answer.kind !== 'ready') throw new Error('the probing worker does not start');
    return started;
  }

  async function parse(question: ProbeQuestion): Promise<ParsedFacts> {
    if (isClosed) throw new AppError('aborted');
    clearTimeout(idleTimer);
    const asked = worker ?? (await startWorker());
    const limits = { wallMs: cpuLimitMs * WALL_PER_CPU, cpuMs: cpuLimitMs };
    const answer = await nextAnswer(asked, limits, () => asked.postMessage(question));
    // A file that confused the parser may have left something behind that would fall on the next one.
    if (answer.kind === 'died' || answer.kind === 'unreadable') await dropWorker();
    else idleTimer = setTimeout(() => void dropWorker(), IDLE_MS).unref();
    if (answer.kind === 'facts') return answer.facts;
    if (isClosed) throw new AppError('aborted');
    if (answer.kind === 'without_picture') throw new AppError('clip_without_picture');
    throw new AppError('clip_unreadable', 'reason' in answer ? { reason: answer.reason.slice(0, 100) } : {});
  }

  return {
    /**
     * What mediabunny says of an open file.
     * @throws AppError `clip_without_picture`, `clip_unreadable` (malformed, too slow, too much memory), `aborted` when closed
     */
    parse(question: ProbeQuestion): Promise<ParsedFacts> {
      const turn = queue.then(() => parse(question));
      // The next clip waits for this one's end, whichever it is; its caller hears of it.
      queue = turn.catch(() => undefined);
      return turn;
    },

    /** Kills the worker; clips that wait or are being read are `aborted`. */
    async close(): Promise<void> {
      isClosed = true;
      await dropWorker();
      await queue;
    },
  };
}

type Outcome = ProbeAnswer | { readonly kind: 'died'; readonly reason: string };

interface Limits {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** The worker's next message, or `died` where it ended, ran out of memory or out of time; then it must be dropped. */
function nextAnswer(worker: Worker, { wallMs, cpuMs }: Limits, ask: () => void): Promise<Outcome> {
  return new Promise(resolve => {
    const settle = (outcome: Outcome) => {
      clearTimeout(wallTimer);
      clearInterval(looking);
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      resolve(outcome);
    };
    const tooLong = () => settle({ kind: 'died', reason: `longer than ${cpuMs} ms` });
    const onMessage = (answer: ProbeAnswer) => settle(answer);
    const onError = (error: Error) => settle({ kind: 'died', reason: codeOf(error) });
    const onExit = () => settle({ kind: 'died', reason: 'worker ended' });
    const wallTimer = setTimeout(tooLong, wallMs);
    const before = cpuTimeOf(worker);
    const look = async () => {
      const [first, now] = [await before, await cpuTimeOf(worker)];
      if (first !== null && now !== null && now - first >= cpuMs) tooLong();
    };
    const looking = setInterval(look, Math.max(cpuMs / LOOKS, 1));
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    ask();
  });
}

/** What the worker has used of a processor in its life, ms; null for one that has ended. */
const cpuTimeOf = (worker: Worker): Promise<number | null> =>
  worker.cpuUsage().then(
    ({ user, system }) => (user + system) / 1000,
    () => null,
  );

const codeOf = (error: Error): string => ('code' in error ? String(error.code) : error.message);
