/** The Display API's user info: fields on demand, each with its scope. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { call, simulatorFor } from './client.ts';

describe('user info', () => {
  test('gives the fields asked for, each with its scope', async t => {
    const { origin, grant } = await simulatorFor(t);
    const basic = grant('clara.cooks', { scopes: ['user.info.basic'] }).access_token;
    const known = await call(origin, '/v2/user/info/?fields=display_name,open_id', basic);
    assert.deepEqual(Object.keys(known.body.data.user as object), ['display_name', 'open_id']);
    assert.equal((await call(origin, '/v2/user/info/?fields=username', basic)).code, 'scope_permission_missed');
    assert.equal((await call(origin, '/v2/user/info/', basic)).code, 'invalid_params');
    assert.equal((await call(origin, '/v2/user/info/?fields=shoe_size', basic)).code, 'invalid_params');
    assert.equal((await call(origin, '/v2/user/info/?fields=open_id', 'act.nobody')).status, 401);
  });
});
