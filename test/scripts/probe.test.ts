// `npm run probe` as operators and scripts use it.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { clipPath } from '#test/support/stand.ts';

const run = (...args: string[]) => spawnSync(process.execPath, ['scripts/probe.ts', ...args], { encoding: 'utf8' });

test('says of each file what it is and each rule’s verdict, and ends as the verdicts are', () => {
  const fit = run(clipPath('vertical-6s.mp4'), clipPath('vp9-4s.webm'));
  assert.equal(fit.status, 0, fit.stderr);
  assert.match(fit.stdout, /vertical-6s\.mp4: fit for TikTok\n {2}mp4, h264, aac, 720 x 1280, 30 fps, 6 s/);
  assert.match(fit.stdout, /doubt picture codec: vp9/);
  const refused = run(clipPath('vertical-6s.mp4'), clipPath('bad/too-long-640s.mp4'));
  assert.equal(refused.status, 1);
  assert.match(refused.stdout, /NO {4}length: 640(\.\d+)? s \(at most 600 s/);
  assert.match(run(clipPath('bad/html-page.mp4'), '/no/such/file').stdout, /not a video[\s\S]*no such file/);
  assert.equal(run().status, 2);
});

test('gives it to scripts as JSON', () => {
  const [one] = JSON.parse(run(clipPath('bad/too-slow-10fps.mp4'), '--json').stdout);
  assert.equal(one.fit, false);
  assert.equal(one.facts.frameRate, 10);
  assert.deepEqual(
    one.rules
      .filter(({ verdict }: { verdict: string }) => verdict === 'refused')
      .map(({ rule }: { rule: string }) => rule),
    ['frame rate'],
  );
});
