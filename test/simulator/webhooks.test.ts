/** Webhooks: signed, at least once, retried; what each event says. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { SIMULATOR_CLIENT } from '#simulator/simulator.ts';
import { fileSource, initInbox, invitationOf, post, put, simulatorFor, until } from './client.ts';

interface Event {
  signature: string;
  raw: string;
  event: string;
  openId: string;
  content: Record<string, unknown>;
}

/** A callback URL that keeps what arrives; the first `refusals` get a 500. */
async function callbackFor(t: TestContext, refusals = 0) {
  const events: Event[] = [];
  let arrivals = 0;
  const server = createServer(async (request: IncomingMessage, response) => {
    const raw = await text(request);
    const body = JSON.parse(raw) as { event: string; user_openid: string; content: string };
    const signature = String(request.headers['tiktok-signature']);
    arrivals += 1;
    if (arrivals > refusals) {
      const content = JSON.parse(body.content) as Record<string, unknown>;
      events.push({ signature, raw, event: body.event, openId: body.user_openid, content });
    }
    response.writeHead(arrivals > refusals ? 200 : 500).end();
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const webhookUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  return { events, arrivals: () => arrivals, client: { [SIMULATOR_CLIENT.key]: { webhookUrl } } };
}

const quick = { processingDelayMs: 20, moderationDelayMs: 20, webhooks: { retryBaseMs: 20 } };

test('a direct post tells of its completion and of its public id, signed over the raw body', async t => {
  const { events, client } = await callbackFor(t);
  const { origin, grant, journal } = await simulatorFor(t, { settings: { ...quick, clients: client } });
  const tokens = grant('clara.cooks');
  const { publishId } = await post(origin, tokens.access_token);
  await until(() => events.length === 2, 'both events have arrived');
  const complete = events.find(({ event }) => event === 'post.publish.complete');
  const isPublic = events.find(({ event }) => event === 'post.publish.publicly_available');
  assert.deepEqual(complete?.content, { publish_id: publishId, publish_type: 'DIRECT_PUBLISH' });
  assert.equal(isPublic?.content.post_id, journal({ kind: 'public' })[0]?.postId);
  assert.equal(typeof isPublic?.content.post_id, 'string');
  assert.equal(complete?.openId, tokens.open_id);
  for (const { signature, raw } of events) {
    const [, seconds, digest] = /^t=(\d+),s=([0-9a-f]{64})$/.exec(signature) ?? [];
    assert.equal(digest, createHmac('sha256', SIMULATOR_CLIENT.secret).update(`${seconds}.${raw}`).digest('hex'));
  }
});

test('a callback that fails is asked again, and given up after so many times', async t => {
  const { events, arrivals, client } = await callbackFor(t, 2);
  const { grant, disconnect, journal } = await simulatorFor(t, { settings: { ...quick, clients: client } });
  grant('clara.cooks');
  disconnect('clara.cooks');
  await until(() => events.length === 1, 'the event has arrived at the third try');
  assert.equal(arrivals(), 3);
  assert.deepEqual([events[0]?.event, events[0]?.content], ['authorization.removed', { reason: 1 }]);
  await until(() => journal({ kind: 'webhook.delivered' }).length === 1, 'the delivery is in the journal');
});

test('nobody there: bounded tries', async t => {
  const settings = { ...quick, webhooks: { retryBaseMs: 1, maxAttempts: 3 } };
  const clients = { [SIMULATOR_CLIENT.key]: { webhookUrl: 'http://127.0.0.1:1/' } };
  const { grant, disconnect, journal } = await simulatorFor(t, { settings: { ...settings, clients } });
  grant('clara.cooks');
  disconnect('clara.cooks');
  await until(() => journal({ kind: 'webhook.given_up' }).length === 1, 'the event is given up');
});

test('duplicates on order; a draft’s delivery and a failure are told', async t => {
  const { events, client } = await callbackFor(t);
  const settings = { ...quick, webhooks: { duplicates: 1, reorderWithinMs: 50 }, clients: client };
  const { origin, grant, addFault } = await simulatorFor(t, { settings });
  const token = grant('clara.cooks').access_token;
  const draft = invitationOf(await initInbox(origin, token, fileSource(10)));
  await put(draft.uploadUrl, Buffer.alloc(10));
  addFault({ kind: 'fail_processing', failReason: 'spam_risk_text', count: 1 });
  const failing = await post(origin, token);
  await until(() => events.length === 4, 'two events have arrived twice');
  const contents = events.map(({ event, content }) => JSON.stringify([event, content])).sort();
  const delivered = ['post.publish.inbox_delivered', { publish_id: draft.publishId, publish_type: 'INBOX_SHARE' }];
  const failed = [
    'post.publish.failed',
    { publish_id: failing.publishId, publish_type: 'DIRECT_PUBLISH', reason: 'spam_risk_text' },
  ];
  assert.deepEqual(contents, [failed, failed, delivered, delivered].map(event => JSON.stringify(event)).sort());
});
