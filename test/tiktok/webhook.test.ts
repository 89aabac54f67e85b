// Webhooks: who may speak for TikTok, and what is heard.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import { parseWebhook, verifyWebhookSignature } from '#tiktok/webhook.ts';

const SECRET = 'webhook-secret';
const NOW_MS = 1_795_000_000_000;
const BODY = Buffer.from('{"client_key":"k","event":"x"}');

function sign(body: Buffer, seconds = NOW_MS / 1000, secret = SECRET): string {
  const signature = createHmac('sha256', secret).update(`${seconds}.`).update(body).digest('hex');
  return `t=${seconds},s=${signature}`;
}

const verify = (header: string | undefined, rawBody: Buffer = BODY) =>
  verifyWebhookSignature({ header, rawBody, clientSecret: SECRET, nowMs: NOW_MS });

describe('verifyWebhookSignature', () => {
  it('takes what TikTok signed', () => {
    assert.equal(verify(sign(BODY)), true);
    assert.equal(verify(sign(BODY).toUpperCase().replace('T=', 't=').replace('S=', 's=')), true, 'hex in capitals');
  });

  it('takes clocks that differ by five minutes, not more', () => {
    for (const [offset, expected] of [
      [-300, true],
      [300, true],
      [-301, false],
      [301, false],
    ] as const)
      assert.equal(verify(sign(BODY, NOW_MS / 1000 + offset)), expected, `${offset} s`);
  });

  it('refuses one changed bit, another key, another time, and bytes that only mean the same', () => {
    const flipped = Buffer.from(BODY);
    flipped[5] = (flipped[5] ?? 0) ^ 1;
    assert.equal(verify(sign(BODY), flipped), false);
    assert.equal(verify(sign(BODY, NOW_MS / 1000, 'another')), false);
    assert.equal(verify(sign(BODY).replace(/t=\d+/, `t=${NOW_MS / 1000 - 1}`)), false);
    assert.equal(verify(sign(BODY), Buffer.from(JSON.stringify(JSON.parse(BODY.toString()), null, 1))), false);
  });

  it('refuses headers that are none', () => {
    for (const header of [
      undefined,
      '',
      't=1',
      's=00',
      't=x,s=y',
      `t=1,s=${'0'.repeat(63)}`,
      `t=1,s=${'0'.repeat(65)}`,
    ])
      assert.equal(verify(header), false, String(header));
  });
});

const webhook = (event: string, content: object | string) =>
  Buffer.from(
    JSON.stringify({
      client_key: 'key',
      event,
      create_time: 1_795_000_000,
      user_openid: 'open-1',
      content: typeof content === 'string' ? content : JSON.stringify(content),
    }),
  );
const HEAD = { clientKey: 'key', openId: 'open-1', createdAt: new Date(NOW_MS) };

describe('parseWebhook', () => {
  it('reads the captured one', () => {
    const content =
      '{"publish_id":"v_pub_file~v2-1.7602","publish_type":"DIRECT_PUBLISH","post_id":"7602997517160123666"}';
    const expected = { ...HEAD, kind: 'post_public', publishId: 'v_pub_file~v2-1.7602', postId: '7602997517160123666' };
    for (const event of ['post.publish.publicly_available', 'post.publish.publicaly_available'])
      assert.deepEqual(parseWebhook(webhook(event, content)), expected);
    assert.deepEqual(
      parseWebhook(
        webhook('post.publish.publicly_available', content.replace('"7602997517160123666"', '7602997517160123666')),
      ),
      expected,
      'an id that comes as a number keeps its digits',
    );
  });

  it('reads the others', () => {
    const cases: [string, object, object][] = [
      ['authorization.removed', { reason: 1 }, { kind: 'authorization_removed', reason: 1 }],
      [
        'post.publish.failed',
        { publish_id: 'p', reason: 'spam_risk' },
        { kind: 'post_failed', publishId: 'p', failReason: 'tiktok_spam_refused' },
      ],
      ['post.publish.complete', { publish_id: 'p' }, { kind: 'post_complete', publishId: 'p' }],
      ['post.publish.inbox_delivered', { publish_id: 'p' }, { kind: 'post_in_inbox', publishId: 'p' }],
      [
        'post.publish.no_longer_publicaly_available',
        { publish_id: 'p', post_id: '1' },
        { kind: 'post_not_public', publishId: 'p', postId: '1' },
      ],
      ['video.upload.failed', { share_id: 's' }, { kind: 'other', name: 'video.upload.failed' }],
    ];
    for (const [event, content, expected] of cases)
      assert.deepEqual(parseWebhook(webhook(event, content)), { ...HEAD, ...expected }, event);
  });

  it('refuses what cannot be understood', () => {
    for (const body of [
      Buffer.from('no json'),
      Buffer.from('[]'),
      webhook('post.publish.complete', 'no json'),
      webhook('post.publish.complete', { publish_id: 7 }),
      webhook('post.publish.publicly_available', { publish_id: 'p' }),
    ])
      assert.throws(() => parseWebhook(body), { code: 'tiktok_answer_unreadable' }, body.toString());
  });
});
