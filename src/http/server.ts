// The web server: the pages of linking and the health checks. One of the three places where an unknown error becomes an answer.

import cookiePlugin from '@fastify/cookie';
import formBodyPlugin from '@fastify/formbody';
import rateLimitPlugin from '@fastify/rate-limit';
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import { AppError, ERROR_KINDS, type ErrorCode, type ErrorKind, isAppError } from '../domain/errors.ts';
import { CALLBACK_PATH } from '../domain/pasted-address.ts';
import type { Log } from '../log.ts';
import { refusalPage } from './connect-pages.ts';
import { type ConnectRoutesDeps, connectRoutes } from './connect-routes.ts';
import { sendPage } from './html.ts';
import type { SiteFacts } from './site-pages.ts';
import { siteRoutes } from './site-routes.ts';
import { registerTikTokOAuth, type TikTokOAuth } from './tiktok-oauth.ts';
import { type UploadRoutesDeps, uploadRoutes } from './upload-routes.ts';

export interface HttpServerDeps {
  readonly log: Log;
  readonly newRequestId: () => string;
  readonly connect: ConnectRoutesDeps;
  readonly uploads: UploadRoutesDeps;
  readonly webhooks: readonly Webhook[];
  readonly site: SiteFacts;
  /** Pages that bring routes of their own. */
  readonly sites: readonly ((app: FastifyInstance) => Promise<void>)[];
  /** Throws where the instance cannot do its work. */
  readonly checkReady: () => Promise<void>;
  readonly version: string;
  readonly trustedProxies: readonly string[];
}

export type WebhookAnswer = 'taken' | 'foreign' | 'later';

/** Where a chat platform, or TikTok, posts its events. */
export interface Webhook {
  readonly path: string;
  /** Its signature covers the bytes: it is handed a Buffer of them. */
  readonly isRaw?: boolean;
  /**
   * Takes an event: `taken` where it is handled or will be, `foreign` for one that the platform did not send, `later` where the
   * platform is to send it again.
   */
  take(headers: Readonly<Record<string, unknown>>, body: unknown): WebhookAnswer | Promise<WebhookAnswer>;
}

/** Far above any event of a chat: files are fetched, never posted. */
const EVENT_LIMIT_BYTES = 1_048_576;
const BODY_LIMIT_BYTES = 65_536;
/** Clips come in here, in parts or whole: as long as the bot waits for one. */
const REQUEST_TIMEOUT_MS = 10 * 60_000;
const PAGES_PER_MINUTE = 120;

const STATUS_OF_ANSWER: Record<WebhookAnswer, number> = { taken: 200, foreign: 401, later: 503 };
const STATUS_OF_KIND: Record<ErrorKind, number> = { user: 400, reauth: 401, retry: 503, rejected: 422, bug: 500 };
const STATUS_OF_CODE: Partial<Record<ErrorCode, number>> = {
  link_unknown: 404,
  link_expired: 410,
  link_used: 410,
  link_replaced: 410,
  link_page_foreign: 403,
  upload_link_unknown: 404,
  upload_link_expired: 410,
  upload_link_used: 410,
  upload_link_replaced: 410,
  upload_other_browser: 403,
  upload_ended: 410,
  clip_too_large: 413,
  storage_full: 507,
  clip_quota_full: 507,
  too_many_requests: 429,
};

const statusOfCode = (code: ErrorCode): number => STATUS_OF_CODE[code] ?? STATUS_OF_KIND[ERROR_KINDS[code]];

export interface HttpServer {
  readonly app: FastifyInstance;
  /** For codes that come by another way than the callback. */
  readonly exchangeCode: TikTokOAuth['exchangeCode'];
}

export async function createHttpServer(deps: HttpServerDeps): Promise<HttpServer> {
  const app = Fastify({
    loggerInstance: deps.log,
    // Addresses here carry links, codes and states: requests are never logged by address.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: deps.newRequestId,
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    trustProxy: [...deps.trustedProxies],
    routerOptions: { maxParamLength: 200 },
  }) as unknown as FastifyInstance;

  app.setErrorHandler((error, request, reply) => {
    const known = toAppError(error);
    const facts = { requestId: request.id, route: request.routeOptions.url, code: known.code };
    if (known.kind === 'bug') request.log.error({ ...facts, err: error }, 'a request failed');
    else request.log.info(facts, 'a request was refused');
    const status = statusOf(error) ?? statusOfCode(known.code);
    return sendPage(reply, refusalPage(known, request.id), { status });
  });
  app.setNotFoundHandler((request, reply) =>
    sendPage(reply, refusalPage(new AppError('link_unknown'), request.id), { status: 404 }),
  );

  await app.register(cookiePlugin);
  await app.register(formBodyPlugin);
  await app.register(rateLimitPlugin, { max: PAGES_PER_MINUTE, timeWindow: 60_000 });

  for (const webhook of deps.webhooks)
    if (webhook.isRaw)
      await app.register(async raw => {
        raw.removeAllContentTypeParsers();
        raw.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
        serveWebhook(raw, webhook);
      });
    else serveWebhook(app, webhook);

  app.get('/healthz', { config: { rateLimit: false } }, async () => ({ ok: true, version: deps.version }));
  app.get('/readyz', { config: { rateLimit: false } }, async (_request, reply) => {
    try {
      await deps.checkReady();
      return { ready: true };
    } catch (error) {
      if (!isAppError(error)) throw error;
      return reply.code(503).send({ ready: false, reason: error.code });
    }
  });
  const { tiktok, publicUrl } = deps.connect;
  const oauth = await registerTikTokOAuth(app, { tiktok, redirectUri: publicUrl + CALLBACK_PATH });
  await connectRoutes(app, oauth, deps.connect);
  await uploadRoutes(app, deps.uploads, { statusOf: statusOfCode, log: deps.log });
  siteRoutes(app, deps.site);
  for (const site of deps.sites) await site(app);
  return { app, exchangeCode: oauth.exchangeCode };
}

function serveWebhook(app: FastifyInstance, { path, take }: Webhook): void {
  app.post(path, { bodyLimit: EVENT_LIMIT_BYTES, config: { rateLimit: false } }, async (request, reply) =>
    reply.code(STATUS_OF_ANSWER[await take(request.headers, request.body)]).send(),
  );
}

/** Fastify's own refusals (body too large, no such media type) have a status; everything else unknown is our fault. */
const statusOf = (error: unknown): number | undefined =>
  !isAppError(error) && error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
    ? error.statusCode
    : undefined;

function toAppError(error: unknown): AppError {
  if (isAppError(error)) return error;
  const status = statusOf(error) ?? 500;
  if (status === 429) return new AppError('too_many_requests', {}, { cause: error });
  return new AppError(status < 500 ? 'form_invalid' : 'unknown', {}, { cause: error });
}
