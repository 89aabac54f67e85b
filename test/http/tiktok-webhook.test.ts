// TikTok's webhook as it is served: genuine or refused, answered before anything is done, repeats dropped, an upload's news found
// sooner than by asking, an access that was taken away acted on at once.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { HeadlessPerson } from '#adapters/headless/person.ts';
import { SIMULATOR_CLIENT } from '#simulator/simulator.ts';
import { type Stand, schedulePost, startStand } from '#test/support/stand.ts';

let stand: Stand;
let clara: HeadlessPerson;

const collection = (name: string) => stand.app.database.connection.collection(name);
const stored = async (caption: string) =>
  (await collection('posts').findOne({ caption })) ?? assert.fail(`no post “${caption}”`);

before(async () => {
  stand = await startStand();
  await stand.simulator.change({ processingDelayMs: 100, moderationDelayMs: 100 });
  clara = stand.person('Clara');
  await stand.connect(clara);
});
after(() => stand.stop());

const url = () => `http://127.0.0.1:${stand.config.port}/webhooks/tiktok`;

function sign(body: string, { at = Date.now(), secret = SIMULATOR_CLIENT.secret as string } = {}): string {
  const seconds = Math.floor(at / 1000);
  return `t=${seconds},s=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
}

async function post(body: string, signature: string | null): Promise<number> {
  const headers = { 'content-type': 'application/json', ...(signature && { 'tiktok-signature': signature }) };
  return (await fetch(url(), { method: 'POST', headers, body })).status;
}

const eventOf = (event: string, content: object, more: object = {}) =>
  JSON.stringify({
    client_key: SIMULATOR_CLIENT.key,
    event,
    create_time: Math.floor(Date.now() / 1000),
    user_openid: 'somebody',
    content: JSON.stringify(content),
    ...more,
  });

test('genuine ones are answered with 200, all others with 401', async () => {
  const body = eventOf('post.publish.complete', { publish_id: 'p' });
  assert.equal(await post(body, sign(body)), 200);
  assert.equal(await post(body, null), 401, 'without a signature');
  assert.equal(await post(`${body} `, sign(body)), 401, 'other bytes');
  assert.equal(await post(body, sign(body, { secret: 'another secret' })), 401, 'another secret');
  assert.equal(await post(body, sign(body, { at: Date.now() - 10 * 60_000 })), 401, 'ten minutes old');
  assert.equal(await post('not json', sign('not json')), 200, 'signed, if unreadable: TikTok need not repeat it');
  assert.equal(await post(eventOf('something.new', {}), sign(eventOf('something.new', {}))), 200);
});

test('a repeat is dropped in the database; another app’s events do nothing', async () => {
  const body = eventOf('post.publish.complete', { publish_id: 'repeated' });
  const seen = () => collection('seenEvents').countDocuments({ _id: /^tiktok:/ as never });
  const before = await seen();
  for (let times = 0; times < 3; times++) assert.equal(await post(body, sign(body)), 200);
  const foreign = eventOf('authorization.removed', { reason: 1 }, { client_key: 'another-app' });
  assert.equal(await post(foreign, sign(foreign)), 200);
  while ((await seen()) === before) await new Promise(resolve => setTimeout(resolve, 20));
  assert.equal((await seen()) - before, 1);
});

test('the simulator’s own webhook wakes a post long before it would be asked about', async () => {
  await stand.simulator.change({ processingDelayMs: 2_500 });
  await schedulePost(clara, { when: 'in 1 second', caption: 'Found by webhook' });
  while ((await stored('Found by webhook')).step !== 'processing')
    await new Promise(resolve => setTimeout(resolve, 20));
  const later = new Date(Date.now() + 3_600_000);
  await collection('posts').updateOne({ caption: 'Found by webhook', lease: null }, { $set: { wakeAt: later } });
  await clara.waitFor(/(Posted to|Live on TikTok:) Clara Cooks[\s\S]*Found by webhook/);
  await stand.simulator.change({ processingDelayMs: 100 });
});

test('access taken away at TikTok: posts are held and their person told, before anybody tries to post', async () => {
  await schedulePost(clara, { when: 'in 3 hours', caption: 'Waits for access' });
  await fetch(`${stand.simulator.origin}/simulator/accounts/clara.cooks/disconnect`, { method: 'POST' });
  await clara.waitFor(/Clara Cooks is no longer connected[\s\S]*One post of it is held[\s\S]*\/connect-tiktok/);
  const post = await stored('Waits for access');
  assert.deepEqual([post.state, post.problem.code], ['held', 'tiktok_grant_ended']);

  await stand.connect(clara);
  assert.equal((await stored('Waits for access')).state, 'scheduled');
});
