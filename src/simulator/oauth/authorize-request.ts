/** The query of the authorize page, checked. What is wrong is shown to the person there, as TikTok does, never sent back. */
import { z } from 'zod';
import { type Client, SCOPES, type SettingsStore } from '../settings.ts';
import { matchRedirect } from './redirect-rules.ts';

export interface AuthorizeRequest {
  clientKey: string;
  client: Client;
  redirectUri: string;
  scopes: string[];
  state: string;
  challenge: string | undefined;
  /** `disable_auto_auth=1`: show the page even to a known session. */
  alwaysAsk: boolean;
}

/** An error page's content: TikTok's word for it, and what the developer did. */
export class AuthorizeRefusal extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const querySchema = z.object({
  client_key: z.string().default(''),
  response_type: z.string().default(''),
  scope: z.string().default(''),
  redirect_uri: z.string().default(''),
  state: z.string().max(2000).default(''),
  code_challenge: z.string().optional(),
  code_challenge_method: z.string().optional(),
  disable_auto_auth: z.enum(['0', '1']).default('0'),
});

/** Throws AuthorizeRefusal. */
export function parseAuthorizeRequest(query: unknown, settings: SettingsStore): AuthorizeRequest {
  const parsed = querySchema.safeParse(query);
  if (!parsed.success)
    throw new AuthorizeRefusal('invalid_request', 'A parameter is given twice or has a wrong value.');
  const params = parsed.data;
  const client = settings.client(params.client_key);
  if (client === undefined) throw new AuthorizeRefusal('client_key', 'This client_key is not known.');
  const type = matchRedirect(client, params.redirect_uri);
  if (type === undefined)
    throw new AuthorizeRefusal('redirect_uri', 'This redirect_uri is not registered for the app.');
  if (params.response_type !== 'code') throw new AuthorizeRefusal('response_type', 'response_type must be code.');
  if (params.state === '') throw new AuthorizeRefusal('state', 'state is missing: anybody could forge the callback.');
  return {
    clientKey: params.client_key,
    client,
    redirectUri: params.redirect_uri,
    scopes: parseScopes(params.scope, client),
    state: params.state,
    challenge: parseChallenge(params.code_challenge, params.code_challenge_method, type),
    alwaysAsk: params.disable_auto_auth === '1',
  };
}

function parseScopes(list: string, client: Client): string[] {
  const scopes = [...new Set(list.split(','))];
  const wrong = scopes.find(scope => !SCOPES.some(known => known === scope));
  if (wrong !== undefined)
    throw new AuthorizeRefusal('scope', `scope is a comma-separated list; "${wrong}" is no scope.`);
  const foreign = scopes.find(scope => !client.scopes.some(allowed => allowed === scope));
  if (foreign !== undefined) throw new AuthorizeRefusal('scope', `The app was not approved for ${foreign}.`);
  return scopes;
}

function parseChallenge(challenge: string | undefined, method: string | undefined, type: 'web' | 'desktop') {
  if (challenge === undefined && method === undefined && type === 'web') return undefined;
  if (challenge === undefined)
    throw new AuthorizeRefusal('code_challenge', 'A Desktop app has to send code_challenge.');
  if (method !== 'S256') throw new AuthorizeRefusal('code_challenge_method', 'code_challenge_method must be S256.');
  if (!/^[0-9a-f]{64}$/.test(challenge)) {
    throw new AuthorizeRefusal(
      'code_challenge',
      'code_challenge must be the hex SHA-256 of the verifier, not base64url.',
    );
  }
  return challenge;
}
