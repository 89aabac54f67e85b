// The scrub of a log line: no registered secret survives it in any spelling, and what has the shape of a secret goes too.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createLog, createScrub } from '#log.ts';
import { createTokenBox } from '#stores/token-box.ts';

const sealed = createTokenBox({ activeKeyId: 'k1', keys: new Map([['k1', randomBytes(32)]]) }).seal('x', {
  collection: 'accounts',
  id: 'a',
  field: 'f',
});

/** Secrets that nobody registers, with the part that must not be seen. */
const SHAPES: Readonly<Record<string, { text: string; secret: string }>> = {
  'access token': { text: 'act.9f1c2d3e4a5b6c7d8e9f!4027.u1', secret: '9f1c2d3e4a5b6c7d8e9f' },
  'refresh token': { text: 'rft.9f1c2d3e4a5b6c7d8e9f!4027.u1', secret: '9f1c2d3e4a5b6c7d8e9f' },
  'Telegram token': {
    text: '/file/bot123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/videos/file_1.mp4',
    secret: 'AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw',
  },
  'Discord token': {
    text: 'MTE4NTc0NzM2NjU2MTE0NDg5NQ.GJx3Vt.b7WnUxkqzv1yqDE0mWlaRsfgbN2pKmv5vVwYzQ',
    secret: 'b7WnUxkqzv1yqDE0mWlaRsfgbN2pKmv5vVwYzQ',
  },
  'sealed value': { text: sealed, secret: sealed },
  'token key': { text: `k1:${'q8'.repeat(21)}w=`, secret: 'q8'.repeat(21) },
  'callback address': {
    text: 'GET /oauth/tiktok/callback?code=aAbBcC123%2Bx&state=sTaTe456&scopes=user.info.basic',
    secret: 'aAbBcC123',
  },
  'callback state': { text: 'https://x.example/cb?state=sTaTe456zZz&code=c', secret: 'sTaTe456zZz' },
  'address within an address': { text: 'next=https%3A%2F%2Fx%2F%3Faccess_token%3DtOkEn789', secret: 'tOkEn789' },
  'upload address': {
    text: 'https://open-upload.tiktokapis.com/video/?upload_id=67&upload_token=Xza123_q',
    secret: 'Xza123_q',
  },
  'link page': { text: '/connect/q4tV9sYb0mWlaRsfgbN2pKmv5vVwYzQq4tV9sYb0mW', secret: 'q4tV9sYb0mWlaRsf' },
  'the cookie with the code': { text: 'cookie: clipcue-return=K7Q2M9XA', secret: 'K7Q2M9XA' },
  'our cookie': { text: 'cookie: __Host-clipcue-link=c00kieValue; theme=dark', secret: 'c00kieValue' },
  'answer in JSON': { text: '{"access_token": "not-their-shape","expires_in":1}', secret: 'not-their-shape' },
  'our own field': { text: '{"refreshToken":"not-their-shape"}', secret: 'not-their-shape' },
  'authorization header': { text: 'authorization: Bearer abc.def-123', secret: 'abc.def-123' },
  'connection string': { text: 'connect mongodb+srv://clips:hunter2@db.example/clipcue failed', secret: 'hunter2' },
};

describe('what has the shape of a secret', () => {
  for (const [name, { text, secret }] of Object.entries(SHAPES))
    it(`is hidden wherever it stands: ${name}`, () => {
      const scrub = createScrub([]);
      const once = JSON.stringify(text).slice(1, -1);
      const twice = JSON.stringify(once).slice(1, -1);
      for (const line of [
        text,
        `\n${text}`,
        `\\n${text}\\nat x`,
        `x${text}`,
        once,
        twice,
        JSON.stringify({ a: [twice] }),
      ])
        assert.ok(!scrub(line).includes(secret), `${secret} is still in ${scrub(line)}`);
    });

  it('leaves an ordinary line as it is', () => {
    const line = JSON.stringify({
      level: 30,
      time: 1_763_700_000_000,
      postId: 'Zk3vQ9wLx0aB7cDe',
      publicUrl: 'https://clips.example.com',
      code: 'tiktok_rate_limited',
      route: '/connect/:nonce',
      statusCode: 429,
      err: { stack: 'Error: read ECONNRESET\n    at file:///srv/clipcue/src/tiktok/client.ts:10:3' },
      video: 'https://www.tiktok.com/@clara.cooks/video/7461234567890123456',
      msg: 'Clipcue is running',
    });
    assert.equal(createScrub(['a-client-secret'])(line), line);
  });
});

describe('a registered secret', () => {
  const secretText = fc.string({ unit: 'grapheme', minLength: 12, maxLength: 60 });
  const nested = fc.letrec(tie => ({
    value: fc.oneof(fc.string(), fc.integer(), fc.array(tie('value')), fc.dictionary(fc.string(), tie('value'))),
  })).value;

  it('never appears, as it is, in JSON, in JSON within JSON, in an address', () => {
    fc.assert(
      fc.property(secretText, nested, fc.string(), (secret, around, before) => {
        const scrub = createScrub([secret]);
        for (const form of [
          secret,
          `${before}${secret}`,
          encodeURIComponent(secret),
          JSON.stringify({ [secret]: around }),
        ]) {
          const line = JSON.stringify({ around, form, list: [form, { form }] });
          const clean = scrub(line);
          for (const spelling of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])
            assert.ok(!clean.includes(spelling), `${spelling} is still in ${clean}`);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('never appears whatever the others are, also where they overlap', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 8, maxLength: 14 });
    fc.assert(
      fc.property(fc.array(letters, { minLength: 1, maxLength: 6 }), fc.array(fc.nat(5)), (secrets, order) => {
        const line = order.map(at => secrets[at % secrets.length]).join('');
        const clean = createScrub(secrets)(line);
        for (const secret of secrets) assert.ok(!clean.includes(secret), `${secret} is still in ${clean}`);
      }),
    );
  });

  it('leaves the line readable as JSON', () => {
    const token = fc.stringMatching(/^[a-z][A-Za-z0-9_-]{11,40}$/);
    fc.assert(
      fc.property(token, nested, (secret, around) => {
        const lines: string[] = [];
        const log = createLog({ level: 'info', secrets: [secret], write: line => lines.push(line) });
        log.info({ around, secret, err: new Error(`with "${secret}"`) }, secret);
        assert.equal(JSON.parse(lines[0] ?? '').msg, '[hidden]');
      }),
    );
  });
});

/** A quadratic search takes over ten seconds here, a linear one some milliseconds. */
const SEARCH_WITHIN_MS = 2_000;

it('a line of 100 kB of near-misses is searched in a moment', () => {
  const scrub = createScrub(['a-client-secret']);
  for (const unit of [
    'mongodb://',
    'act.',
    '1',
    'A',
    'v1.k1.',
    '"access_token',
    '\\',
    'Bearer ',
    'code=',
    '/connect/',
  ]) {
    const startedAt = performance.now();
    scrub(unit.repeat(100_000 / unit.length));
    const tookMs = performance.now() - startedAt;
    assert.ok(tookMs < SEARCH_WITHIN_MS, `${unit} repeated took ${tookMs.toFixed(0)} ms`);
  }
});
