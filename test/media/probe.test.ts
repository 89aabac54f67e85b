// The prober against the shared clips, and against files made to hurt it.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Mp4OutputFormat, WebMOutputFormat } from 'mediabunny';
import { judgeClip } from '#domain/clip-rules.ts';
import { type ErrorCode, isAppError } from '#domain/errors.ts';
import { createSecondOpinion } from '#media/ffprobe.ts';
import { createProber } from '#media/probe.ts';
import { HOSTILE_CLIPS } from './hostile-clips.ts';
import { mutate } from './mutated-clip.ts';
import { writePaddedClip } from './padded-clip.ts';
import { rewriteClip } from './rewritten-clip.ts';

const CLIPS = join(import.meta.dirname, '../clips');
/** Processor time that one file may cost this process: a second of the parser's, and a new thread for the next clip. */
const CPU_MAX_MS = 1800;

/** What `task` gives, and the processor time of all threads that went into it, ms. */
async function costOf<T>(task: () => Promise<T>): Promise<{ result: T; cpuMs: number }> {
  const before = process.cpuUsage();
  const result = await task();
  const { user, system } = process.cpuUsage(before);
  return { result, cpuMs: (user + system) / 1000 };
}

const prober = createProber();
let dir: string;
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'probe-'));
});
after(async () => {
  await prober.close();
  await rm(dir, { recursive: true });
});

/** What the README of the clips says of each: its facts, or the code under which it is refused. */
const FIT = {
  'vertical-6s.mp4': ['mp4', 'h264', 'aac', 720, 1280, 30, 6000],
  'vertical-6s.mov': ['mov', 'h264', 'aac', 720, 1280, 30, 6000],
  'hevc-4s.mp4': ['mp4', 'h265', null, 540, 960, 30, 4000],
  'vp9-4s.webm': ['webm', 'vp9', 'opus', 540, 960, 30, 4007],
  'landscape-5994fps-4s.mp4': ['mp4', 'h264', null, 1280, 720, 59.94, 4004],
  'rotated-1s.mp4': ['mp4', 'h264', null, 720, 1280, 30, 1000],
  'bad/webm-named.mp4': ['webm', 'vp9', 'opus', 540, 960, 30, 4007],
} as const;

const REFUSED: Record<string, ErrorCode> = {
  'bad/too-long-640s.mp4': 'clip_too_long',
  'bad/too-small-240x320.mp4': 'clip_sides_out_of_range',
  'bad/too-slow-10fps.mp4': 'clip_frame_rate_out_of_range',
  'bad/audio-only.mp4': 'clip_without_picture',
  'bad/empty.mp4': 'clip_empty',
  'bad/ftyp-only.mp4': 'clip_not_video',
  'bad/html-page.mp4': 'clip_not_video',
  'bad/cut-short.mp4': 'clip_incomplete',
  'bad/no-moov.mov': 'clip_incomplete',
  'bad/matroska.mkv': 'clip_container_unsupported',
};

/** The code under which a clip is refused, by the prober or by the rules, with the reason; null where it is fit. */
async function refusalOf(path: string): Promise<{ code: ErrorCode; reason: unknown } | null> {
  try {
    const [refusal] = judgeClip(await prober.probe(path)).refusals;
    return refusal ? { code: refusal.code, reason: undefined } : null;
  } catch (error) {
    if (isAppError(error)) return { code: error.code, reason: error.facts.reason };
    throw error;
  }
}

describe('the shared clips', () => {
  for (const [name, expected] of Object.entries(FIT))
    it(`${name} is fit`, async () => {
      const facts = await prober.probe(join(CLIPS, name));
      assert.deepEqual(
        [facts.container, facts.videoCodec, facts.audioCodec, facts.width, facts.height],
        expected.slice(0, 5),
      );
      assert.ok(Math.abs(facts.frameRate - expected[5]) < 0.01, `${facts.frameRate} fps`);
      assert.ok(Math.abs(facts.durationMs - expected[6]) <= 1, `${facts.durationMs} ms`);
      assert.deepEqual(judgeClip(facts).refusals, []);
    });

  for (const [name, code] of Object.entries(REFUSED))
    it(`${name} is refused: ${code}`, async () => {
      assert.equal((await refusalOf(join(CLIPS, name)))?.code, code);
    });

  it('take under 250 ms of the processor each once the thread is up', async () => {
    for (const name of [...Object.keys(FIT), ...Object.keys(REFUSED)]) {
      const { cpuMs } = await costOf(() => refusalOf(join(CLIPS, name)));
      assert.ok(cpuMs < 250, `${name} took ${cpuMs.toFixed(0)} ms of the processor`);
    }
  });

  it('a clip that is padded to 80 MB has the same facts, and costs no more', async () => {
    const padded = join(dir, 'padded.mp4');
    await writePaddedClip(join(CLIPS, 'vertical-6s.mp4'), padded, 80_000_000);
    const { sizeBytes, width, durationMs } = await prober.probe(padded);
    assert.deepEqual([sizeBytes, width, durationMs], [80_000_000, 720, 6000]);
  });

  it('recordings without an index have the facts of the clip in them', async () => {
    const live = join(dir, 'live');
    for (const [name, format, width, frameRate, durationMs] of [
      ['vp9-4s.webm', new WebMOutputFormat({ appendOnly: true }), 540, 30, 4000],
      ['landscape-5994fps-4s.mp4', new Mp4OutputFormat({ fastStart: 'fragmented' }), 1280, 59.94, 4004],
    ] as const) {
      await rewriteClip(join(CLIPS, name), live, format);
      const facts = await prober.probe(live);
      const what = `${name} as ${format.fileExtension}`;
      assert.equal(facts.width, width, what);
      assert.ok(Math.abs(facts.frameRate - frameRate) < 0.1, `${what}: ${facts.frameRate} fps`);
      assert.ok(Math.abs(facts.durationMs - durationMs) < 50, `${what}: ${facts.durationMs} ms`);
    }
  });

  it('every clip that is cut anywhere is incomplete, or no video at all', async () => {
    for (const name of ['vertical-6s.mp4', 'vertical-6s.mov', 'vp9-4s.webm']) {
      const cut = join(dir, 'cut');
      await copyFile(join(CLIPS, name), cut);
      const { length } = await readFile(cut);
      for (const share of [0.99, 0.7, 0.4, 0.1]) {
        await truncate(cut, Math.floor(length * share));
        assert.equal((await refusalOf(cut))?.code, 'clip_incomplete', `${name} cut to ${share}`);
      }
    }
  });

  it('a file that is not there is gone', async () => {
    assert.equal((await refusalOf(join(dir, 'nowhere')))?.code, 'clip_gone');
  });
});

describe('hostile files', () => {
  for (const { name, bytes, code, reason } of HOSTILE_CLIPS)
    it(name, async () => {
      const path = join(dir, 'hostile');
      await writeFile(path, bytes);
      const { result: refusal, cpuMs } = await costOf(() => refusalOf(path));
      assert.equal(refusal?.code, code, `stopped by ${refusal?.reason}`);
      if (reason) assert.equal(refusal?.reason, reason);
      assert.ok(cpuMs < CPU_MAX_MS, `${cpuMs.toFixed(0)} ms of the processor`);
    });

  it('the parser survives the last of them', async () => {
    assert.equal((await prober.probe(join(CLIPS, 'vertical-6s.mp4'))).width, 720);
  });

  it('clips sent together with a hostile one are read all the same', async () => {
    const bomb = HOSTILE_CLIPS.find(({ reason, name }) => !reason && name.startsWith('pssh'));
    assert.ok(bomb);
    const path = join(dir, 'bomb');
    await writeFile(path, bomb.bytes);
    const good = join(CLIPS, 'vertical-6s.mp4');
    const outcomes = await Promise.all([good, path, good].map(refusalOf));
    assert.deepEqual(
      outcomes.map(outcome => outcome?.code ?? 'fit'),
      ['fit', bomb.code, 'fit'],
    );
  });

  it('a clip that takes too long is given up', async () => {
    const impatient = createProber({ cpuLimitMs: 0 });
    try {
      await assert.rejects(impatient.probe(join(CLIPS, 'vertical-6s.mp4')), { code: 'clip_unreadable' });
    } finally {
      await impatient.close();
    }
  });

  it('a closed prober reads nothing', async () => {
    const closed = createProber();
    await closed.close();
    await assert.rejects(closed.probe(join(CLIPS, 'vertical-6s.mp4')), { code: 'aborted' });
  });
});

describe('a second opinion', () => {
  const FFPROBE = '/usr/bin/ffprobe';
  // A parser without any time reads nothing, so that the other one is asked.
  const open = (program: string) => createProber({ cpuLimitMs: 0, secondOpinion: createSecondOpinion(program) });

  it('reads what the parser did not', { skip: existsSync(FFPROBE) ? false : 'ffprobe is not installed' }, async () => {
    const asked = open(FFPROBE);
    try {
      for (const [name, [container, video, audio, width, height]] of Object.entries(FIT)) {
        const facts = await asked.probe(join(CLIPS, name));
        const { frameRate, ...seen } = await prober.probe(join(CLIPS, name));
        assert.deepEqual(
          [facts.container, facts.videoCodec, facts.audioCodec, facts.width, facts.height],
          [container, video, audio, width, height],
          name,
        );
        assert.ok(Math.abs(facts.frameRate - frameRate) < 0.1, `${name}: ${facts.frameRate} fps`);
        assert.ok(Math.abs(facts.durationMs - seen.durationMs) < 50, `${name}: ${facts.durationMs} ms`);
      }
      await assert.rejects(asked.probe(join(CLIPS, 'bad/audio-only.mp4')));
      await assert.rejects(asked.probe(join(CLIPS, 'bad/cut-short.mp4')), { code: 'clip_incomplete' });
    } finally {
      await asked.close();
    }
  });

  it('is none where the program is missing, or is another one', async () => {
    for (const program of ['/no/such/program', process.execPath]) {
      const asked = open(program);
      await assert.rejects(asked.probe(join(CLIPS, 'vertical-6s.mp4')), { code: 'clip_unreadable' });
      await asked.close();
    }
  });
});

describe('mutated clips', () => {
  const SEEDS = 25;
  const NAMES = ['vertical-6s.mp4', 'hevc-4s.mp4', 'vertical-6s.mov', 'vp9-4s.webm'];

  it(`${SEEDS} of each kind give facts or a clip's refusal, never anything else`, async () => {
    for (const name of NAMES) {
      const original = await readFile(join(CLIPS, name));
      for (let seed = 1; seed <= SEEDS; seed++) {
        const path = join(dir, 'mutated');
        await writeFile(path, mutate(original, seed));
        const { result: refusal, cpuMs } = await costOf(() => refusalOf(path));
        assert.ok(!refusal || refusal.code.startsWith('clip_'), `${name} with seed ${seed}: ${refusal?.code}`);
        assert.ok(cpuMs < CPU_MAX_MS, `${name} with seed ${seed} took ${cpuMs.toFixed(0)} ms of the processor`);
      }
    }
  });
});
