/**
 * `/v2/auth/authorize/`: the page on which a simulated creator lets an app in. For a program: POST the same address,
 * query and all, with the form fields `account` (a username), `granted` (once for each scope let through;
 * user.info.basic cannot be refused) and `decision` (`authorize` or `cancel`); the answer is a 303 to the app.
 */
import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { refuseForeign } from '../foreign.ts';
import { consentPage, refusalPage } from '../pages/consent.ts';
import { sendPage } from '../pages/page.ts';
import type { State } from '../state.ts';
import { AuthorizeRefusal, type AuthorizeRequest, parseAuthorizeRequest } from './authorize-request.ts';
import { sha256 } from './grants.ts';

const SESSION_COOKIE = 'tiktok_simulator_session';
const ALWAYS_GRANTED = 'user.info.basic';

const formSchema = z.object({
  decision: z.enum(['authorize', 'cancel']),
  account: z.string().default(''),
  granted: z.union([z.string().transform(scope => [scope]), z.array(z.string())]).default([]),
});

export function addAuthorizeRoutes(app: FastifyInstance, state: State): void {
  const { db, grants, settings } = state;
  const findSession = db.prepare('SELECT username FROM sessions WHERE hash = ?');
  const saveSession = db.prepare('INSERT INTO sessions VALUES (?, ?)');

  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof AuthorizeRefusal) return sendPage(reply, 400, refusalPage(error.code, error.message));
    throw error;
  });

  app.get('/v2/auth/authorize/', (request, reply) => {
    const wanted = parseAuthorizeRequest(request.query, settings);
    const username = sessionOf(request);
    if (username !== undefined && !wanted.alwaysAsk && isGranted(wanted, username)) {
      return goBack(reply, wanted, issue(wanted, username, wanted.scopes));
    }
    const accounts = Object.entries(settings.current().accounts).map(([name, account]) => ({
      username: name,
      ...account,
    }));
    const page = consentPage({
      wanted,
      accounts,
      action: request.url,
      chosen: username ?? accounts[0]?.username ?? '',
    });
    // Chromium applies form-action to where the form's answer redirects as well.
    return sendPage(reply, 200, page, [new URL(wanted.redirectUri).origin]);
  });

  app.post('/v2/auth/authorize/', { onRequest: refuseForeign }, (request, reply) => {
    const wanted = parseAuthorizeRequest(request.query, settings);
    const form = formSchema.safeParse(request.body);
    if (!form.success) throw new AuthorizeRefusal('invalid_request', 'The form needs decision, account and granted.');
    const { decision, account, granted } = form.data;
    if (decision === 'cancel') {
      return goBack(reply, wanted, {
        error: 'access_denied',
        error_description: 'The user cancelled the authorization',
      });
    }
    if (settings.account(account) === undefined) throw new AuthorizeRefusal('account', 'No such simulated creator.');
    if (wanted.client.targetUsers !== null && !wanted.client.targetUsers.includes(account)) {
      throw new AuthorizeRefusal('non_sandbox_target', 'This account is not a target user of the app’s sandbox.');
    }
    startSession(reply, account);
    const scopes = wanted.scopes.filter(scope => scope === ALWAYS_GRANTED || granted.includes(scope));
    return goBack(reply, wanted, issue(wanted, account, scopes));
  });

  function sessionOf(request: FastifyRequest): string | undefined {
    const cookie = request.cookies[SESSION_COOKIE];
    if (cookie === undefined || !settings.current().autoAuthorize) return undefined;
    const username = findSession.get(sha256(cookie))?.username;
    return typeof username === 'string' && settings.account(username) !== undefined ? username : undefined;
  }

  /** `Secure` is left out because the simulator speaks plain http; Lax, since apps send people here from elsewhere. */
  function startSession(reply: FastifyReply, username: string): void {
    const session = randomBytes(32).toString('base64url');
    saveSession.run(sha256(session), username);
    reply.setCookie(SESSION_COOKIE, session, { path: '/v2/auth/', httpOnly: true, sameSite: 'lax' });
  }

  function isGranted(wanted: AuthorizeRequest, username: string): boolean {
    const live = grants.liveOf(username).filter(grant => grant.clientKey === wanted.clientKey);
    return live.some(grant => wanted.scopes.every(scope => grant.scopes.includes(scope)));
  }

  function issue({ clientKey, redirectUri, challenge }: AuthorizeRequest, username: string, scopes: string[]) {
    const code = grants.issueCode({ clientKey, username, scopes, redirectUri, challenge });
    return { code, scopes: scopes.join(',') };
  }
}

function goBack(reply: FastifyReply, wanted: AuthorizeRequest, answer: Record<string, string>): FastifyReply {
  const query = new URLSearchParams({ ...answer, state: wanted.state });
  return reply.header('cache-control', 'no-store').redirect(`${wanted.redirectUri}?${query}`, 303);
}
