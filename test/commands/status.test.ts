// The owner's view: /status, and what a monitor asks.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Stand, schedulePost, startHeadlessStand } from '#test/support/stand.ts';

const ask = async (stand: Stand, path: string) => {
  const answer = await fetch(`http://127.0.0.1:${stand.config.port}${path}`);
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};

test('/status tells the owner alone; /healthz and /readyz answer a monitor', async () => {
  const stand = await startHeadlessStand({ env: { OWNERS: 'headless:clara' } });
  try {
    await stand.simulator.change({ processingDelayMs: 100, moderationDelayMs: 100 });
    const clara = stand.person('Clara');
    await stand.connect(clara);
    await schedulePost(clara, { when: 'in 1 second', caption: 'Out within the hour' });
    await clara.waitFor(/Live on TikTok: Clara Cooks/);
    await schedulePost(clara, { when: 'in 3 hours', caption: 'Next' });
    const told = clara.read(await clara.command('status'));
    assert.match(told, /Waiting to begin: nothing/);
    assert.match(told, /Next: .*in 3 h; one post within a day/);
    assert.match(told, /The last hour: 1 published, 0 failed, 0 held, 0 unclear/);
    assert.match(told, /Disk: [\d.]+ GB of [\d.]+ GB free/);
    assert.match(told, /Versions: Clipcue test, Node .*(embedded database|MongoDB)/);
    assert.match(told, /Headless: works/);
    await clara.press('Look again');

    const max = stand.person('Max');
    assert.match(max.read(await max.command('status')), /There is no command called status/);

    assert.deepEqual(await ask(stand, '/healthz'), { status: 200, body: { ok: true, version: 'test' } });
    assert.deepEqual(await ask(stand, '/readyz'), { status: 200, body: { ready: true } });
  } finally {
    await stand.stop();
  }
});
