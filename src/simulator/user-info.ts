/** `GET /v2/user/info/` of the Display API: only what is asked for in `fields`, and only with that field's scope. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { admit } from './api.ts';
import { ApiError, sendData } from './envelope.ts';
import { strikeable } from './faults.ts';
import { type Caller, unionIdOf } from './oauth/grants.ts';
import type { State } from './state.ts';

const FIELD_SCOPES: Record<string, string> = {
  open_id: 'user.info.basic',
  union_id: 'user.info.basic',
  avatar_url: 'user.info.basic',
  avatar_url_100: 'user.info.basic',
  avatar_large_url: 'user.info.basic',
  display_name: 'user.info.basic',
  username: 'user.info.profile',
  bio_description: 'user.info.profile',
  profile_deep_link: 'user.info.profile',
  is_verified: 'user.info.profile',
  follower_count: 'user.info.stats',
  following_count: 'user.info.stats',
  likes_count: 'user.info.stats',
  video_count: 'user.info.stats',
};

const querySchema = z.object({ fields: z.string().min(1) });

export function addUserInfoRoute(app: FastifyInstance, state: State): void {
  app.get('/v2/user/info/', strikeable(state.faults, 'user_info'), (request, reply) => {
    const caller = admit(state, request, ['user.info.basic'], 'userInfo');
    const query = querySchema.safeParse(request.query);
    if (!query.success) throw new ApiError('invalid_params', { message: 'fields is required' });
    const known = describeUser(state, caller);
    const user: Record<string, unknown> = {};
    for (const field of query.data.fields.split(',')) {
      const scope = FIELD_SCOPES[field];
      if (scope === undefined) throw new ApiError('invalid_params', { message: `${field} is not a field of the user` });
      if (!caller.scopes.includes(scope)) throw new ApiError('scope_permission_missed');
      user[field] = known[field];
    }
    const { clientKey, username, openId, tokenId } = caller;
    state.journal.append('user_info', { clientKey, username, openId, tokenId });
    return sendData(reply, JSON.stringify({ user }));
  });
}

function describeUser(state: State, { clientKey, username, openId }: Caller): Record<string, unknown> {
  const account = state.settings.account(username);
  const client = state.settings.client(clientKey);
  if (account === undefined || client === undefined) throw new ApiError('access_token_invalid');
  const avatar = `${state.origin()}/simulator/avatars/${username}.svg`;
  return {
    open_id: openId,
    union_id: unionIdOf(client.developer, username),
    avatar_url: avatar,
    avatar_url_100: avatar,
    avatar_large_url: avatar,
    display_name: account.displayName,
    username,
    bio_description: account.bio,
    profile_deep_link: `${state.origin()}/@${username}`,
    is_verified: false,
    follower_count: account.followerCount,
    following_count: 12,
    likes_count: 0,
    video_count: state.publishes.list({ username }).filter(publish => publish.publicAt !== null).length,
  };
}
