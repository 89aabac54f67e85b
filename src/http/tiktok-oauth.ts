// @fastify/oauth2 as we use it: it builds TikTok's consent address and trades codes. State, cookie and PKCE are ours, because the
// plugin's live in one browser and ours belong to a chat user.

import oauthPlugin, { type FastifyOAuth2Options } from '@fastify/oauth2';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError } from '../domain/errors.ts';
import type { StartedLink } from '../services/linking.ts';

export interface TikTokApp {
  readonly clientKey: string;
  readonly clientSecret: string;
  readonly loginOrigin: string;
  readonly apiOrigin: string;
  readonly scopes: readonly string[];
}

export interface TikTokOAuth {
  /** TikTok's consent page for a started link. */
  consentUrl(request: FastifyRequest, reply: FastifyReply, link: StartedLink): Promise<string>;
  /**
   * Trades a code. What comes back is foreign: the TikTok client parses it.
   * @throws AppError without TikTok's words or our secret.
   */
  exchangeCode(code: string, verifier: string | null): Promise<unknown>;
}

const EXCHANGE_TIMEOUT_MS = 10_000;
const ANSWER_LIMIT_BYTES = 65_536;
const PLUGIN_COOKIE_MAX_AGE_S = 15 * 60;

/** Parameters of the authorize address that the plugin lets us add (its source: `kGenerateCallbackUriParams`). */
const AUTHORIZE_PARAMS = Symbol.for('fastify-oauth2.generate-callback-uri-params');

type LinkRequest = FastifyRequest & { link?: StartedLink };

/** What we use of the plugin. Its own exchange reads the code from the request; the client beneath takes what it is given. */
interface Plugin {
  generateAuthorizationUri(request: FastifyRequest, reply: FastifyReply): Promise<string>;
  readonly oauth2: { getToken(params: Record<string, string>): Promise<{ readonly token: unknown }> };
}

export async function registerTikTokOAuth(
  app: FastifyInstance,
  {
    tiktok,
    redirectUri,
    timeoutMs = EXCHANGE_TIMEOUT_MS,
  }: { tiktok: TikTokApp; redirectUri: string; timeoutMs?: number },
): Promise<TikTokOAuth> {
  await app.register(oauthPlugin, createOptions(tiktok, redirectUri, timeoutMs));
  const plugin = app.getDecorator<Plugin>('tiktokOAuth');
  return {
    async consentUrl(request: LinkRequest, reply, link) {
      request.link = link;
      return plugin.generateAuthorizationUri(request, reply);
    },
    async exchangeCode(code, verifier) {
      const params = { code, redirect_uri: redirectUri, ...(verifier && { code_verifier: verifier }) };
      try {
        return (await plugin.oauth2.getToken(params)).token;
      } catch (error) {
        throw readExchangeFailure(error);
      }
    },
  };
}

function createOptions(tiktok: TikTokApp, redirectUri: string, timeoutMs: number): FastifyOAuth2Options {
  const isHttps = redirectUri.startsWith('https:');
  return {
    name: 'tiktokOAuth',
    scope: [...tiktok.scopes],
    credentials: {
      client: {
        id: tiktok.clientKey,
        secret: tiktok.clientSecret,
        idParamName: 'client_key',
        secretParamName: 'client_secret',
      },
      auth: {
        authorizeHost: tiktok.loginOrigin,
        authorizePath: '/v2/auth/authorize/',
        tokenHost: tiktok.apiOrigin,
        tokenPath: '/v2/oauth/token/',
        revokePath: '/v2/oauth/revoke/',
        [AUTHORIZE_PARAMS]: (params: object, { link }: LinkRequest) => ({
          ...params,
          ...(link?.challenge && { code_challenge: link.challenge, code_challenge_method: 'S256' }),
          ...(link?.forceLogin && { disable_auto_auth: '1' }),
        }),
      },
      options: { scopeSeparator: ',', authorizationMethod: 'body', bodyFormat: 'form' },
      http: { timeout: timeoutMs, maxBytes: ANSWER_LIMIT_BYTES },
    } as FastifyOAuth2Options['credentials'],
    callbackUri: redirectUri,
    // The plugin's own cookies are not used, but it sets them.
    hostPrefixedCookies: isHttps,
    cookie: { secure: isHttps, sameSite: 'lax', path: '/', maxAge: PLUGIN_COOKIE_MAX_AGE_S },
    generateStateFunction: async ({ link }: LinkRequest) => {
      if (!link) throw new AppError('link_unknown');
      return link.state;
    },
    // State and cookie are checked by linking.finish(), in the database; this pair must be set together.
    checkStateFunction: async () => true,
  } as FastifyOAuth2Options;
}

const boom = z.object({
  output: z.object({ statusCode: z.number() }),
  data: z
    .object({
      payload: z.object({ error: z.string() }).partial().optional().catch(undefined),
      res: z.object({ statusCode: z.number() }).optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
});

/**
 * simple-oauth2 throws Boom errors that carry the whole socket and the secret: nothing of them goes on but the code. Its own status
 * says 406 for an answer that is no JSON, so the answer's is asked.
 */
function readExchangeFailure(error: unknown): AppError {
  const parsed = boom.safeParse(error);
  if (!parsed.success) return new AppError('tiktok_unreachable');
  const { data, output } = parsed.data;
  const wireCode = data?.payload?.error;
  if (wireCode === 'invalid_client') return new AppError('tiktok_client_invalid');
  if (wireCode === 'server_error' || wireCode === 'temporarily_unavailable') return new AppError('tiktok_unavailable');
  if (wireCode !== undefined) return new AppError('link_refused_by_tiktok');
  const httpStatus = data?.res?.statusCode;
  if (httpStatus === undefined)
    return new AppError(output.statusCode === 504 ? 'tiktok_timeout' : 'tiktok_unreachable');
  if (httpStatus === 429) return new AppError('tiktok_rate_limited', { httpStatus });
  if (httpStatus >= 400 && httpStatus < 500) return new AppError('link_refused_by_tiktok', { httpStatus });
  return new AppError(httpStatus >= 500 ? 'tiktok_unavailable' : 'tiktok_answer_unreadable', { httpStatus });
}
