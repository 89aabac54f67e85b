// Processes of their own, for what one process cannot show: that a killed one loses nothing, and what one needs of the machine.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { SIMULATOR_CLIENT } from '#simulator/settings.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const WAIT_MS = 30_000;
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: { start: string } };
/** Node's flags with which `npm start` runs Clipcue, but for a developer's own .env file. */
export const START_FLAGS = scripts.start.split(' ').filter(word => /^--(?!env-file)/.test(word));
/** Scripts of tests do not switch it on themselves, as `src/main.ts` does. */
const COMPILE_CACHE = join(tmpdir(), 'node-compile-cache');

export interface ChildProcess {
  readonly pid: number;
  /** Everything it has printed so far, line by line. */
  readonly lines: readonly string[];
  /** Settles once it is no more: its exit code, null where a signal ended it. */
  readonly ended: Promise<number | null>;
  /** The first line that matches, of those printed already or to come. @throws Error with what was printed instead. */
  waitForLine(pattern: RegExp): Promise<RegExpMatchArray>;
  /** Sends a line to its standard input. */
  tell(line: string): void;
  kill(signal: NodeJS.Signals): Promise<void>;
}

export interface ChildOptions {
  /** Told of each line as it comes. */
  readonly onLine?: (line: string) => void;
  readonly args?: readonly string[];
  readonly nodeArgs?: readonly string[];
  readonly env?: Record<string, string>;
}

/** Runs a script of this repository; nothing of this process's own settings reaches it. */
export function startProcess(
  script: string,
  { args = [], nodeArgs = [], env = {}, onLine }: ChildOptions = {},
): ChildProcess {
  const child = spawn(process.execPath, [...nodeArgs, script, ...args], {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      HOME: process.env.HOME,
      TMPDIR: process.env.TMPDIR,
      ...env,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const watchers = new Set<() => void>();
  let hasEnded = false;
  const notify = () => {
    for (const watcher of watchers) watcher();
  };
  const ended = once(child, 'close').then(([code]) => {
    hasEnded = true;
    notify();
    return code as number | null;
  });
  // Its last order may find it gone.
  child.stdin.on('error', () => {});
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', line => {
      lines.push(line);
      onLine?.(line);
      notify();
    });

  return {
    pid: child.pid ?? 0,
    lines,
    ended,
    waitForLine(pattern) {
      return new Promise((resolve, reject) => {
        const finish = () => {
          clearTimeout(timer);
          watchers.delete(look);
        };
        const fail = (what: string) => {
          finish();
          reject(new Error(`${script} ${what} without ${pattern}; it printed:\n${lines.join('\n')}`));
        };
        const look = () => {
          const match = lines.map(line => pattern.exec(line)).find(found => found !== null);
          if (match) {
            finish();
            resolve(match);
          } else if (hasEnded) fail('ended');
        };
        const timer = setTimeout(() => fail(`ran ${WAIT_MS} ms`), WAIT_MS);
        watchers.add(look);
        look();
      });
    },
    tell(line) {
      child.stdin.write(`${line}\n`);
    },
    async kill(signal) {
      if (!hasEnded) child.kill(signal);
      await ended;
    },
  };
}

export interface SimulatorProcess {
  readonly origin: string;
  /** What a bot needs in its environment for which this is TikTok. */
  readonly env: Readonly<Record<string, string>>;
  call(method: string, path: string, body?: object): Promise<unknown>;
  stop(): Promise<void>;
}

/** The TikTok simulator in a process of its own; `seed` decides its faults by chance. */
export async function startSimulatorProcess(
  dataDir: string,
  settings: object = {},
  { seed, nodeArgs = [] }: { readonly seed?: number; readonly nodeArgs?: readonly string[] } = {},
): Promise<SimulatorProcess> {
  const chance = seed === undefined ? [] : ['--seed', String(seed)];
  const args = ['--data', dataDir, '--settings', JSON.stringify(settings), ...chance];
  const child = startProcess('src/simulator/main.ts', { args, nodeArgs });
  const [origin] = await child.waitForLine(/^http:\S+$/);
  return {
    origin,
    env: {
      TIKTOK_CLIENT_KEY: SIMULATOR_CLIENT.key,
      TIKTOK_CLIENT_SECRET: SIMULATOR_CLIENT.secret,
      TIKTOK_API_URL: origin,
      TIKTOK_LOGIN_URL: origin,
      TIKTOK_MODE: 'direct',
      TIKTOK_AUDITED: 'yes',
    },
    async call(method, path, body) {
      const answer = await fetch(`${origin}/simulator/${path}`, {
        method,
        ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      if (!answer.ok) throw new Error(`the simulator answered ${answer.status} to ${path}: ${await answer.text()}`);
      return answer.json();
    },
    stop: () => child.kill('SIGTERM'),
  };
}
