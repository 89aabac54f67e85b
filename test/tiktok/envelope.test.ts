// Reading answers: success is what the body says, ids keep their digits, and nothing of a token answer reaches an error.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { z } from 'zod';
import type { AppError } from '#domain/errors.ts';
import { grantSchema, statusSchema } from '#tiktok/answers.ts';
import { parseJson, readEnvelope, readOAuth } from '#tiktok/envelope.ts';

const answer = (body: unknown, status = 200) => ({
  status,
  text: typeof body === 'string' ? body : JSON.stringify(body),
});
const ok = { code: 'ok', message: '', log_id: 'log-1' };
const Data = z.object({ n: z.number() });

const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return (error as AppError).code;
  }
  return 'no error';
};

describe('readEnvelope', () => {
  it('gives the data of an answer that says ok', () => {
    assert.deepEqual(readEnvelope(answer({ data: { n: 1 }, error: ok }), Data), { n: 1 });
  });

  it('a refusal with HTTP 200 is a refusal', () => {
    const refused = answer({ data: {}, error: { code: 'spam_risk_too_many_posts', message: 'x', log_id: 'log-2' } });
    assert.throws(() => readEnvelope(refused, Data), {
      code: 'tiktok_daily_cap',
      facts: { httpStatus: 200, wireCode: 'spam_risk_too_many_posts', logId: 'log-2' },
    });
  });

  it('"ok" with an error status is none', () => {
    assert.equal(
      codeOf(() => readEnvelope(answer({ data: { n: 1 }, error: ok }, 500), Data)),
      'tiktok_unavailable',
    );
  });

  it('bodies that are no envelope are judged by their status', () => {
    const html = '<html>Bad gateway</html>';
    for (const [status, code] of [
      [502, 'tiktok_unavailable'],
      [429, 'tiktok_rate_limited'],
      [401, 'tiktok_token_invalid'],
      [404, 'tiktok_request_invalid'],
      [200, 'tiktok_answer_unreadable'],
      [302, 'tiktok_answer_unreadable'],
    ] as const)
      assert.equal(
        codeOf(() => readEnvelope(answer(html, status), Data)),
        code,
        String(status),
      );
  });

  it('data that lacks something names the field, not the value', () => {
    assert.throws(() => readEnvelope(answer({ data: { n: 'seven' }, error: ok }), Data), {
      code: 'tiktok_answer_unreadable',
      facts: { httpStatus: 200, fields: 'n' },
    });
  });
});

describe('readOAuth', () => {
  const token = {
    access_token: 'act.SECRET',
    expires_in: 7200,
    refresh_token: 'rft.SECRET',
    refresh_expires_in: 15_552_000,
    open_id: 'open-1',
    scope: 'user.info.basic,video.upload',
    token_type: 'Bearer',
  };

  it('turns lifetimes into instants', () => {
    assert.deepEqual(readOAuth(answer(token), grantSchema(1000)), {
      accessToken: 'act.SECRET',
      refreshToken: 'rft.SECRET',
      openId: 'open-1',
      scopes: ['user.info.basic', 'video.upload'],
      accessExpiresAt: new Date(1000 + 7_200_000),
      refreshExpiresAt: new Date(1000 + 15_552_000_000),
    });
  });

  it('a 200 with an error is a refusal, whatever else it holds', () => {
    const body = { ...token, error: 'invalid_grant', error_description: 'expired', log_id: 'log-3' };
    assert.throws(() => readOAuth(answer(body), grantSchema(0)), { code: 'tiktok_grant_ended' });
  });

  it('an answer that lost a field shows none of the others', () => {
    for (const field of ['access_token', 'refresh_token', 'expires_in', 'open_id']) {
      const body = Object.fromEntries(Object.entries(token).filter(([key]) => key !== field));
      assert.throws(
        () => readOAuth(answer(body), grantSchema(0)),
        (error: AppError) => {
          assert.equal(error.code, 'tiktok_answer_unreadable');
          assert.doesNotMatch(inspect(error, { depth: 9 }), /SECRET/);
          return true;
        },
      );
    }
  });
});

describe('ids beyond 2^53', () => {
  it('keep their digits', () => {
    assert.deepEqual(parseJson('{"a":[7602997517160123666,1,2.5,-7602997517160123666,"7602997517160123667"]}'), {
      a: ['7602997517160123666', 1, 2.5, '-7602997517160123666', '7602997517160123667'],
    });
    assert.equal(parseJson('no json'), undefined);
  });

  it('in a status, under either spelling', () => {
    for (const field of ['publicaly_available_post_id', 'publicly_available_post_id']) {
      const text = `{"data":{"status":"PUBLISH_COMPLETE","${field}":[7602997517160123666,42]},"error":{"code":"ok"}}`;
      assert.deepEqual(readEnvelope({ status: 200, text }, statusSchema), {
        status: 'PUBLISH_COMPLETE',
        postIds: ['7602997517160123666', '42'],
      });
    }
  });

  it('a status says why it failed, and leaves empty fields out', () => {
    const read = (data: object) => readEnvelope(answer({ data, error: ok }), statusSchema);
    assert.deepEqual(read({ status: 'PROCESSING_UPLOAD', uploaded_bytes: 10 }), {
      status: 'PROCESSING_UPLOAD',
      postIds: [],
      uploadedBytes: 10,
    });
    assert.deepEqual(read({ status: 'FAILED', fail_reason: 'duration_check_failed' }), {
      status: 'FAILED',
      postIds: [],
      failReason: 'tiktok_duration_refused',
      failWireCode: 'duration_check_failed',
    });
    assert.equal(read({ status: 'FAILED' }).failReason, 'unknown');
    assert.equal(
      codeOf(() => read({ status: 'DANCING' })),
      'tiktok_answer_unreadable',
    );
  });
});
