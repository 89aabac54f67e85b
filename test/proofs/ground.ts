// The ground that proofs stand on: a folder, the simulator in a process of its own, and Clipcue in others, on one database for all of
// their lives.

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectDatabase } from '#stores/database.ts';
import {
  type ChildProcess,
  type SimulatorProcess,
  START_FLAGS,
  startProcess,
  startSimulatorProcess,
} from '#test/support/processes.ts';
import { findFreePort, type JournalEntry, testDatabaseUri } from '#test/support/stand.ts';

export interface Ground {
  readonly folder: string;
  readonly simulator: SimulatorProcess;
  /** What Clipcue needs in its environment to be the one of this ground. */
  readonly env: Record<string, string>;
  startClipcue(): Promise<ChildProcess>;
  journal(kind: string): Promise<JournalEntry[]>;
  /** Waits until `check` holds of the journal's entries of one kind. */
  untilJournal(kind: string, check: (entries: JournalEntry[]) => boolean): Promise<JournalEntry[]>;
  leave(): Promise<void>;
}

export interface GroundOptions {
  readonly leaseMs?: number | undefined;
  /** The simulator's. */
  readonly settings?: object;
}

const NODE_ARGS = [...START_FLAGS, '--expose-gc'];
const WAIT_MS = 60_000;
const LOOK_EVERY_MS = 25;

/** `leaseMs`: how long a killed Clipcue's posts wait for the next one; its own default without it. */
export async function openGround({ leaseMs, settings = {} }: GroundOptions = {}): Promise<Ground> {
  const folder = await mkdtemp(join(tmpdir(), 'clipcue-proof-'));
  const simulator = await startSimulatorProcess(join(folder, 'simulator'), settings);
  const mongodbUri = testDatabaseUri();
  const children: ChildProcess[] = [];
  const args = leaseMs === undefined ? [] : ['--lease-ms', String(leaseMs)];
  const env = {
    DATA_DIR: join(folder, 'data'),
    PORT: String(await findFreePort()),
    TOKEN_KEYS: `proof:${randomBytes(32).toString('base64')}`,
    ...simulator.env,
    ...(mongodbUri && { MONGODB_URI: mongodbUri }),
  };

  async function journal(kind: string): Promise<JournalEntry[]> {
    const { entries } = (await simulator.call('GET', `journal?kind=${kind}&limit=10000`)) as {
      entries: JournalEntry[];
    };
    return entries;
  }

  return {
    folder,
    simulator,
    env,
    journal,
    async startClipcue() {
      const child = startProcess('test/proofs/clipcue.ts', { env, args, nodeArgs: NODE_ARGS });
      children.push(child);
      await child.waitForLine(/^ready$/);
      return child;
    },
    async untilJournal(kind, check) {
      const giveUpAt = performance.now() + WAIT_MS;
      for (;;) {
        const entries = await journal(kind);
        if (check(entries)) return entries;
        if (performance.now() > giveUpAt)
          throw new Error(`waited in vain for ${kind}; Clipcue said:\n${children.at(-1)?.lines.slice(-5).join('\n')}`);
        await new Promise(resolve => setTimeout(resolve, LOOK_EVERY_MS));
      }
    },
    async leave() {
      await Promise.all(children.map(child => child.kill('SIGKILL')));
      await simulator.stop();
      if (mongodbUri) {
        const database = await connectDatabase(mongodbUri);
        await database.drop();
        await database.close();
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}
