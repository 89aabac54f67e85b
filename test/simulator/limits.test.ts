/** Rate limits, daily caps and what an app may do before its audit. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SIMULATOR_CLIENT } from '#simulator/simulator.ts';
import {
  codeFrom,
  creatorInfo,
  exchange,
  fetchStatus,
  fileSource,
  initDirect,
  initInbox,
  invitationOf,
  POST_INFO,
  post,
  put,
  refresh,
  simulatorFor,
  standingClock,
} from './client.ts';

const DAY_MS = 86_400_000;
const forMe = { ...POST_INFO, privacy_level: 'SELF_ONLY' };

describe('rate limits slide over a minute', () => {
  test('20 creator_info: the 21st is refused until the first is a minute old', async t => {
    const clock = standingClock();
    const { origin, grant, journal } = await simulatorFor(t, { clock });
    const token = grant('clara.cooks').access_token;
    for (let call = 0; call < 20; call++) {
      assert.equal((await creatorInfo(origin, token)).code, 'ok', `call ${call}`);
      clock.forward(1000);
    }
    const refused = await creatorInfo(origin, token);
    assert.deepEqual([refused.status, refused.code], [429, 'rate_limit_exceeded']);
    assert.equal(journal({ kind: 'rate_limited' })[0]?.code, 'creatorInfo');
    assert.equal((await creatorInfo(origin, grant('max.moves').access_token)).code, 'ok', 'another person');
    clock.forward(40_000);
    assert.equal((await creatorInfo(origin, token)).code, 'ok');
    assert.equal(
      (await creatorInfo(origin, token)).code,
      'rate_limit_exceeded',
      'the second one is not yet a minute old',
    );
  });

  test('6 inits and 30 status; a refreshed token does not begin anew', async t => {
    const { origin } = await simulatorFor(t, { clock: standingClock() });
    const first = (await exchange(origin, await codeFrom(origin))).body;
    const token = String(first.access_token);
    for (let call = 0; call < 6; call++) assert.equal((await initDirect(origin, token)).code, 'ok');
    assert.equal((await initDirect(origin, token)).code, 'rate_limit_exceeded');
    const refreshed = String((await refresh(origin, String(first.refresh_token))).body.access_token);
    assert.equal((await initDirect(origin, refreshed)).code, 'rate_limit_exceeded');
    for (let call = 0; call < 30; call++)
      assert.equal((await fetchStatus(origin, token, 'x')).code, 'invalid_publish_id');
    assert.equal((await fetchStatus(origin, token, 'x')).code, 'rate_limit_exceeded');
  });

  test('can be switched off', async t => {
    const { origin, grant } = await simulatorFor(t, { settings: { rateLimits: { enabled: false } } });
    const token = grant('clara.cooks').access_token;
    for (let call = 0; call < 25; call++) assert.equal((await creatorInfo(origin, token)).code, 'ok');
  });
});

describe('daily caps', () => {
  test('direct posts: creator_info says so with 200, init with 403, and a day later it is over', async t => {
    const clock = standingClock();
    const { origin, grant } = await simulatorFor(t, { clock, settings: { caps: { directPostsPerDay: 2 } } });
    const token = grant('clara.cooks').access_token;
    await post(origin, token);
    clock.forward(1000);
    await post(origin, token);
    const info = await creatorInfo(origin, token);
    assert.deepEqual([info.status, info.code], [200, 'spam_risk_too_many_posts']);
    const init = await initDirect(origin, token);
    assert.deepEqual([init.status, init.code], [403, 'spam_risk_too_many_posts']);
    clock.forward(DAY_MS - 1000);
    assert.equal((await initDirect(origin, grant('clara.cooks').access_token)).code, 'ok');
  });

  test('a post that was begun below the cap and ended above it fails', async t => {
    const clock = standingClock();
    const { origin, grant } = await simulatorFor(t, { clock, settings: { caps: { directPostsPerDay: 1 } } });
    const token = grant('clara.cooks').access_token;
    const [one, two] = [await initDirect(origin, token), await initDirect(origin, token)].map(invitationOf);
    for (const invitation of [one, two]) {
      await put(invitation?.uploadUrl ?? '', Buffer.alloc(1000));
      clock.forward(1000);
    }
    assert.equal((await fetchStatus(origin, token, one?.publishId ?? '')).body.data.status, 'PUBLISH_COMPLETE');
    assert.equal(
      (await fetchStatus(origin, token, two?.publishId ?? '')).body.data.fail_reason,
      'spam_risk_too_many_posts',
    );
  });

  test('five drafts may wait; a finished one makes room', async t => {
    const clock = standingClock();
    const { origin, grant, finishDraft } = await simulatorFor(t, { clock });
    const token = grant('clara.cooks').access_token;
    const drafts = [];
    for (let draft = 0; draft < 5; draft++) {
      const invitation = invitationOf(await initInbox(origin, token, fileSource(10)));
      await put(invitation.uploadUrl, Buffer.alloc(10));
      drafts.push(invitation.publishId);
    }
    clock.forward(60_000);
    const sixth = await initInbox(origin, token);
    assert.deepEqual([sixth.status, sixth.code], [403, 'spam_risk_too_many_pending_share']);
    assert.equal(finishDraft(drafts[0] ?? ''), true);
    assert.equal((await initInbox(origin, token)).code, 'ok');
  });

  test('an app may have a cap on its active creators', async t => {
    const { origin, grant, change } = await simulatorFor(t, { settings: { caps: { activeCreatorsPerDay: 1 } } });
    await post(origin, grant('clara.cooks').access_token);
    const other = grant('max.moves').access_token;
    const info = await creatorInfo(origin, other);
    assert.deepEqual([info.status, info.code], [200, 'reached_active_user_cap']);
    assert.equal((await initDirect(origin, other)).status, 403);
    assert.equal((await creatorInfo(origin, grant('clara.cooks').access_token)).code, 'ok');
    change({ caps: { activeCreatorsPerDay: null } });
    assert.equal((await creatorInfo(origin, other)).code, 'ok');
  });
});

describe('an app that is not audited', () => {
  test('posts for oneself alone, to private accounts alone', async t => {
    const { origin, grant, change } = await simulatorFor(t, { settings: { audited: false } });
    const token = grant('clara.cooks').access_token;
    const refusal = 'unaudited_client_can_only_post_to_private_accounts';
    assert.equal((await initDirect(origin, token, undefined, forMe)).code, refusal, 'the account is public');
    change({ accounts: { 'clara.cooks': { private: true } } });
    const followers = { ...POST_INFO, privacy_level: 'FOLLOWER_OF_CREATOR' };
    assert.equal((await initDirect(origin, token, undefined, followers)).code, refusal, 'the post is not');
    assert.equal((await initDirect(origin, token, undefined, forMe)).code, 'ok');
    assert.equal((await initInbox(origin, token)).code, 'ok', 'drafts are free of it');
  });

  test('serves five people in 24 hours', async t => {
    const clock = standingClock();
    const { origin, grant, change } = await simulatorFor(t, { clock, settings: { audited: false } });
    const people = Array.from({ length: 6 }, (_, index) => `person.${index}`);
    change({ accounts: Object.fromEntries(people.map(name => [name, { displayName: name, private: true }])) });
    for (const name of people.slice(0, 5)) await post(origin, grant(name).access_token, undefined, forMe);
    const sixth = grant('person.5').access_token;
    assert.equal((await initDirect(origin, sixth, undefined, forMe)).code, 'reached_active_user_cap');
    assert.equal((await initDirect(origin, grant('person.0').access_token, undefined, forMe)).code, 'ok');
    clock.forward(DAY_MS);
    assert.equal((await initDirect(origin, grant('person.5').access_token, undefined, forMe)).code, 'ok');
  });

  test('another app is another count', async t => {
    const { origin, grant, change } = await simulatorFor(t, { settings: { caps: { activeCreatorsPerDay: 1 } } });
    change({ clients: { other: { secret: 'other-secret', name: 'Other', developer: 'else' } } });
    await post(origin, grant('clara.cooks', { clientKey: SIMULATOR_CLIENT.key }).access_token);
    assert.equal((await creatorInfo(origin, grant('max.moves', { clientKey: 'other' }).access_token)).code, 'ok');
  });
});
