// With nothing configured, the second start is ready within 1.5 s, and an idle Clipcue needs less than 200 MB.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { START_FLAGS, startProcess } from '#test/support/processes.ts';
import { findFreePort } from '#test/support/stand.ts';

const START_MAX_MS = 1_500;
const MEMORY_MAX_MB = 200;

export async function proveStart(print: (line: string) => void): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'clipcue-start-'));
  const env = {
    DATA_DIR: join(folder, 'data'),
    PORT: String(await findFreePort()),
    SIMULATOR_PORT: String(await findFreePort()),
    LOG_LEVEL: 'debug',
  };
  async function start(): Promise<{ startMs: number; memoryMb: number }> {
    const clipcue = startProcess('src/main.ts', { env, nodeArgs: START_FLAGS });
    const [line] = await clipcue.waitForLine(/.*"startMs".*/);
    await clipcue.kill('SIGTERM');
    return JSON.parse(line);
  }
  try {
    await start();
    const { startMs, memoryMb } = await start();
    print(JSON.stringify({ startMs, memoryMb }));
    assert.ok(startMs <= START_MAX_MS, `it took ${startMs} ms`);
    assert.ok(memoryMb < MEMORY_MAX_MB, `it needs ${memoryMb} MB`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
