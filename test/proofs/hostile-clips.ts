// What a file that is made to hurt can cost: at most a second of the processor and 100 MB, above what a good clip needs just as well.
// Each is measured twice: as it comes to the bot, and at the parser's thread alone, as if the gate before it had let it through.

import assert from 'node:assert/strict';
import { type FileHandle, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAppError } from '#domain/errors.ts';
import { createParser } from '#media/parser.ts';
import { createProber, PARSER_LIMITS } from '#media/probe.ts';
import { HOSTILE_CLIPS, type HostileClip } from '#test/media/hostile-clips.ts';
import { CLIP } from '#test/support/stand.ts';

/** A second, and the fifth of one in which it is noticed that it is over. */
const CPU_MAX_MS = 1_250;
const GROWTH_MAX_BYTES = 100_000_000;
const LOOK_EVERY_MS = 2;

type Read = (path: string) => Promise<unknown>;

interface Cost {
  readonly name: string;
  readonly cpuMs: number;
  readonly growthBytes: number;
}

async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, 'r');
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

/** The cost of one file for the whole process, its threads included, above the moment before. */
async function measure(name: string, read: Read, path: string): Promise<Cost> {
  const idleBytes = process.memoryUsage.rss();
  let mostBytes = idleBytes;
  const timer = setInterval(() => {
    mostBytes = Math.max(mostBytes, process.memoryUsage.rss());
  }, LOOK_EVERY_MS);
  const before = process.cpuUsage();
  try {
    await read(path);
  } catch (error) {
    if (!isAppError(error) || !error.code.startsWith('clip_')) throw error;
  } finally {
    clearInterval(timer);
  }
  const { user, system } = process.cpuUsage(before);
  const growthBytes = Math.max(mostBytes, process.memoryUsage.rss()) - idleBytes;
  return { name, cpuMs: (user + system) / 1000, growthBytes };
}

async function measureAll(read: Read, clips: readonly HostileClip[], folder: string): Promise<Cost[]> {
  const costs: Cost[] = [];
  for (const { name, bytes } of clips) {
    // The thread and its library are there, and whoever comes next is served.
    await read(CLIP);
    const path = join(folder, 'hostile');
    await writeFile(path, bytes);
    costs.push(await measure(name, read, path));
  }
  return costs;
}

function judge(print: (line: string) => void, where: string, costs: readonly Cost[]): void {
  const [slowest] = costs.toSorted((a, b) => b.cpuMs - a.cpuMs);
  const [largest] = costs.toSorted((a, b) => b.growthBytes - a.growthBytes);
  assert.ok(slowest && largest);
  const largestMb = largest.growthBytes / 1e6;
  print(
    `${where}: ${costs.length} files; dearest ${slowest.cpuMs.toFixed(0)} ms (${slowest.name}), ${largestMb.toFixed(0)} MB (${largest.name})`,
  );
  assert.ok(slowest.cpuMs < CPU_MAX_MS, `${where}: ${slowest.name} cost ${slowest.cpuMs} ms of the processor`);
  assert.ok(largest.growthBytes < GROWTH_MAX_BYTES, `${where}: ${largest.name} cost ${largest.growthBytes} bytes`);
}

export async function proveHostileClips(print: (line: string) => void, { isShort = false } = {}): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'clipcue-hostile-'));
  const prober = createProber();
  const parser = createParser(PARSER_LIMITS);
  const parse: Read = path =>
    withFile(path, async file => parser.parse({ fd: file.fd, sizeBytes: (await file.stat()).size }));
  try {
    // The others never reach the thread.
    const clips = isShort ? HOSTILE_CLIPS.filter(({ reason }) => !reason) : HOSTILE_CLIPS;
    judge(print, 'as they come', await measureAll(prober.probe, clips, folder));
    if (!isShort) judge(print, 'at the parser alone', await measureAll(parse, clips, folder));
  } finally {
    await Promise.all([prober.close(), parser.close()]);
    await rm(folder, { recursive: true });
  }
}
