// PKCE in TikTok's spelling and in RFC 7636's; scopes by mode.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { challengeOf, createPkce } from '#tiktok/pkce.ts';
import { missingScopes, requiredScopes } from '#tiktok/scopes.ts';

describe('PKCE', () => {
  it('spells the challenge of RFC 7636, appendix B, both ways', () => {
    const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
    assert.equal(challengeOf(verifier, 'base64url'), 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM');
    assert.equal(challengeOf(verifier, 'hex'), '13d31e961a1ad8ec2f16b10c4c982e0876a878ad6df144566ee1894acb70f9c3');
  });

  it('makes a verifier of 43 allowed characters from the bytes it is given', () => {
    const pkce = createPkce('hex', sizeBytes => new Uint8Array(sizeBytes).fill(7));
    assert.match(pkce?.verifier ?? '', /^[A-Za-z0-9._~-]{43}$/);
    assert.equal(pkce?.challenge, challengeOf(pkce?.verifier ?? '', 'hex'));
    assert.deepEqual(
      pkce,
      createPkce('hex', sizeBytes => new Uint8Array(sizeBytes).fill(7)),
      'nothing else is random',
    );
  });

  it('off means none', () => {
    assert.equal(
      createPkce('off', () => assert.fail('no randomness is needed')),
      null,
    );
  });
});

describe('scopes', () => {
  it('inbox asks for less than direct', () => {
    assert.deepEqual(requiredScopes('inbox'), ['user.info.basic', 'video.upload']);
    assert.deepEqual(requiredScopes('direct'), ['user.info.basic', 'video.upload', 'video.publish']);
  });

  it('names what was not granted', () => {
    assert.deepEqual(missingScopes(['user.info.basic', 'video.upload'], 'direct'), ['video.publish']);
    assert.deepEqual(missingScopes(['video.upload', 'user.info.basic', 'video.list'], 'inbox'), []);
    assert.deepEqual(missingScopes([], 'inbox'), ['user.info.basic', 'video.upload']);
  });
});
