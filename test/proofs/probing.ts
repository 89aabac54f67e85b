// Verdicts are quick, and no clip however broken costs more than it may: the shared clips over and over, and mutated ones for a
// minute.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judgeClip } from '#domain/clip-rules.ts';
import { isAppError } from '#domain/errors.ts';
import { createProber } from '#media/probe.ts';
import { mutate } from '#test/media/mutated-clip.ts';
import { clipPath } from '#test/support/stand.ts';

const CLIPS = [
  'vertical-6s.mp4',
  'vertical-6s.mov',
  'hevc-4s.mp4',
  'vp9-4s.webm',
  'landscape-5994fps-4s.mp4',
  'rotated-1s.mp4',
];
const BAD = [
  'too-long-640s.mp4',
  'too-small-240x320.mp4',
  'too-slow-10fps.mp4',
  'audio-only.mp4',
  'cut-short.mp4',
  'matroska.mkv',
];
const ROUNDS = 50;
const VERDICT_P99_MS = 250;
const FUZZ_MS = 60_000;
/** A second of the parser's, and a new thread for the next clip. */
const CPU_MAX_MS = 1800;
const GROWTH_MAX_BYTES = 100_000_000;

export async function proveVerdicts(print: (line: string) => void): Promise<void> {
  const prober = createProber();
  const times: number[] = [];
  try {
    const paths = [...CLIPS, ...BAD.map(name => `bad/${name}`)].map(clipPath);
    for (let round = 0; round < ROUNDS; round++)
      for (const path of paths) {
        const startedAt = performance.now();
        await prober.probe(path).then(judgeClip, ignoreRefusal);
        times.push(performance.now() - startedAt);
      }
  } finally {
    await prober.close();
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.ceil(times.length * share) - 1] ?? 0;
  print(
    `${times.length} verdicts: median ${at(0.5).toFixed(1)} ms, p99 ${at(0.99).toFixed(1)} ms, worst ${at(1).toFixed(1)} ms`,
  );
  assert.ok(at(0.99) < VERDICT_P99_MS, `a verdict takes ${at(0.99)} ms at p99`);
}

export async function proveMutatedClips(print: (line: string) => void, { forMs = FUZZ_MS } = {}): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'clipcue-fuzz-'));
  const path = join(folder, 'mutated');
  const prober = createProber();
  const originals = await Promise.all(CLIPS.map(name => readFile(clipPath(name))));
  const outcomes = new Map<string, number>();
  let mostCpuMs = 0;
  let mostBytes = 0;
  const idleBytes = process.memoryUsage.rss();
  const endAt = performance.now() + forMs;
  try {
    for (let seed = 1; performance.now() < endAt; seed++) {
      await writeFile(path, mutate(originals[seed % originals.length] ?? Buffer.alloc(0), seed));
      const before = process.cpuUsage();
      const outcome = await prober.probe(path).then(() => 'read', ignoreRefusal);
      const { user, system } = process.cpuUsage(before);
      mostCpuMs = Math.max(mostCpuMs, (user + system) / 1000);
      mostBytes = Math.max(mostBytes, process.memoryUsage.rss());
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
  } finally {
    await prober.close();
    await rm(folder, { recursive: true });
  }
  const growthBytes = mostBytes - idleBytes;
  print(`${[...outcomes].map(([outcome, count]) => `${outcome}: ${count}`).join(', ')}`);
  print(
    `the dearest took ${mostCpuMs.toFixed(0)} ms of the processor; memory grew by ${(growthBytes / 1e6).toFixed(0)} MB`,
  );
  assert.ok(mostCpuMs < CPU_MAX_MS, `a clip cost ${mostCpuMs} ms of the processor`);
  assert.ok(growthBytes < GROWTH_MAX_BYTES + parserBytes(), `memory grew by ${growthBytes} bytes`);
}

/** The thread and its library, which the first clip brings and good clips need just as well. */
const parserBytes = (): number => 80_000_000;

function ignoreRefusal(error: unknown): string {
  if (isAppError(error) && error.code.startsWith('clip_')) return error.code;
  throw error;
}
