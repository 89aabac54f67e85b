// The browser's side of linking: the link page, the way to TikTok, the callback, and the same journey continued in another browser.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError, isAppError } from '../domain/errors.ts';
import { CALLBACK_PATH } from '../domain/pasted-address.ts';
import type { Linking, ReturnPage, StartedLink } from '../services/linking.ts';
import { connectPage, continuePage, returnPage } from './connect-pages.ts';
import { sendPage } from './html.ts';
import type { TikTokApp, TikTokOAuth } from './tiktok-oauth.ts';

export interface ConnectRoutesDeps {
  readonly linking: Linking;
  readonly publicUrl: string;
  readonly tiktok: TikTokApp;
  readonly isPractice: boolean;
  /** The chat's address with the code in it, for platforms that have such addresses. */
  readonly returnUrlOf: (platform: string, code: string) => string | null;
}

export const CONTINUE_PATH = '/connect/continue';
const COOKIE_MAX_AGE_S = 15 * 60;
const CODE_COOKIE_MAX_AGE_S = 5 * 60;

const secret = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
const linkParams = z.object({ nonce: secret });
const continueForm = z.object({ state: secret });
const callbackQuery = z.object({
  state: secret,
  code: z.string().min(1).max(2000).optional(),
  error: z.string().max(200).optional(),
});

export async function connectRoutes(app: FastifyInstance, oauth: TikTokOAuth, deps: ConnectRoutesDeps): Promise<void> {
  const { linking, publicUrl, tiktok, isPractice } = deps;
  const { origin } = new URL(publicUrl);
  const isHttps = publicUrl.startsWith('https:');
  // A `__Host-` cookie cannot be planted by a neighbour domain; on local http Safari takes no Secure cookie at all.
  const cookieName = isHttps ? '__Host-clipcue-link' : 'clipcue-link';
  const cookie = { path: '/', httpOnly: true, secure: isHttps, sameSite: 'lax', maxAge: COOKIE_MAX_AGE_S } as const;
  /** The return code, in the one browser that was shown it, for as long as it is good. */
  const codeCookieName = isHttps ? '__Host-clipcue-return' : 'clipcue-return';
  const codeCookie = { ...cookie, maxAge: CODE_COOKIE_MAX_AGE_S };
  const formTargets = [tiktok.loginOrigin];

  const parse = <T>(schema: z.ZodType<T>, value: unknown): T => {
    const parsed = schema.safeParse(value);
    if (!parsed.success) throw new AppError('link_unknown');
    return parsed.data;
  };

  async function leave(request: FastifyRequest, reply: FastifyReply, link: StartedLink): Promise<FastifyReply> {
    reply.setCookie(cookieName, link.cookie, cookie).header('cache-control', 'no-store');
    return reply.redirect(await oauth.consentUrl(request, reply, link), 303);
  }

  app.get('/connect/:nonce', async (request, reply) => {
    const page = await linking.look(parse(linkParams, request.params).nonce);
    return sendPage(reply, connectPage({ ...page, isPractice }), { formTargets });
  });

  app.post('/connect/:nonce', async (request, reply) => {
    refuseForeignPost(request, origin);
    return leave(request, reply, await linking.start(parse(linkParams, request.params).nonce));
  });

  app.post(CONTINUE_PATH, async (request, reply) => {
    refuseForeignPost(request, origin);
    return leave(request, reply, await linking.continueElsewhere(parse(continueForm, request.body).state));
  });

  app.get(CALLBACK_PATH, async (request, reply) => {
    const { state, code, error } = parse(callbackQuery, request.query);
    const browser = request.cookies[cookieName] ?? '';
    // A refusal comes without a code; asking TikTok to trade nothing would only confuse.
    if (error !== undefined || code === undefined) throw await linking.decline(state, browser, error ?? null);
    try {
      const result = await linking.finish({ state, cookie: browser, code });
      reply.clearCookie(cookieName, cookie).setCookie(codeCookieName, result.code, codeCookie);
      return showReturnCode(reply, deps, result);
    } catch (failure) {
      const shown = isAppError(failure, 'link_used') && request.cookies[codeCookieName];
      const again = shown && (await linking.showAgain(state, shown));
      if (again) return showReturnCode(reply, deps, again);
      if (!isAppError(failure, 'link_other_browser')) throw failure;
      const page = await linking.lookElsewhere(state);
      return sendPage(reply, continuePage({ ...page, state, action: CONTINUE_PATH, isPractice }), { formTargets });
    }
  });
}

function showReturnCode(reply: FastifyReply, deps: ConnectRoutesDeps, result: ReturnPage): FastifyReply {
  const returnUrl = deps.returnUrlOf(result.platform, result.code);
  return sendPage(reply, returnPage({ ...result, returnUrl, isPractice: deps.isPractice }), {
    imageSources: [result.avatarUrl],
  });
}

/** Any page on the web can post a form here; only our own may start something. @throws AppError `link_page_foreign` */
export function refuseForeignPost(request: FastifyRequest, origin: string): void {
  const from = request.headers.origin;
  const site = request.headers['sec-fetch-site'];
  if ((from !== undefined && from !== origin) || (site !== undefined && site !== 'same-origin'))
    throw new AppError('link_page_foreign');
}
