// The routes of uploads: the link from the chat, the page, what the page asks, and the file's bytes.

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { wordsFor } from '../chat/explain.ts';
import { roundSizeWords } from '../domain/clip.ts';
import { AppError, type ErrorCode } from '../domain/errors.ts';
import type { Log } from '../log.ts';
import type { Uploads, UploadView } from '../services/uploads.ts';
import { refuseForeignPost } from './connect-routes.ts';
import { sendPage } from './html.ts';
import type { TusEndpoint } from './tus-endpoint.ts';
import { uploadLinkPage, uploadPage } from './upload-pages.ts';

export interface UploadRoutesDeps {
  readonly uploads: Uploads;
  readonly publicUrl: string;
  readonly maxClipBytes: number;
  /** Where a platform's chat with the bot is; null where no address opens it. */
  readonly chatUrlOf: (platform: string) => string | null;
}

const ASSETS = '/upload-page';
const PAGE = new URL('upload-page/', import.meta.url);
/** The upload itself may take days; who may go on is decided by the upload, not by the cookie's age. */
const COOKIE_MAX_AGE_S = 30 * 24 * 3600;
/** A page looks every 0.7 s while a clip is looked at; parts are never more than a few a second. */
const ASKED_PER_MINUTE = 600;

const linkParams = z.object({ nonce: z.string().regex(/^[A-Za-z0-9_-]{43}$/) });
const uploadParams = z.object({ id: z.string().regex(/^[\w-]{16}$/) });

export async function uploadRoutes(
  app: FastifyInstance,
  { uploads, publicUrl, maxClipBytes, chatUrlOf }: UploadRoutesDeps,
  { statusOf, log }: { statusOf: (code: ErrorCode) => number; log: Log },
): Promise<void> {
  const { origin } = new URL(publicUrl);
  const isHttps = publicUrl.startsWith('https:');
  // Each upload has a cookie of its own, so that two of them can go on in one browser.
  const cookieName = (id: string) => `${isHttps ? '__Host-' : ''}clipcue-upload-${id}`;
  const cookieOptions = {
    path: '/',
    httpOnly: true,
    secure: isHttps,
    sameSite: 'lax',
    maxAge: COOKIE_MAX_AGE_S,
  } as const;
  const assets = await readAssets();
  const frequent = { config: { rateLimit: { max: ASKED_PER_MINUTE } } };
  const parse = <T>(schema: z.ZodType<T>, value: unknown): T => {
    const parsed = schema.safeParse(value);
    if (!parsed.success) throw new AppError('upload_link_unknown');
    return parsed.data;
  };
  const readCookie = (request: FastifyRequest) => {
    const { id } = parse(uploadParams, request.params);
    return { id, cookie: request.cookies[cookieName(id)] ?? '' };
  };

  const standingOf = ({ upload, arrivedBytes }: UploadView) => ({
    state: upload.state,
    file: upload.file,
    arrivedBytes,
    problem: upload.problem && wordsFor(upload.problem),
    limitBytes: maxClipBytes,
  });

  app.get('/upload/:nonce', async (request, reply) =>
    sendPage(reply, uploadLinkPage(await uploads.look(parse(linkParams, request.params).nonce))),
  );

  app.post('/upload/:nonce', async (request, reply) => {
    refuseForeignPost(request, origin);
    const { id, cookie } = await uploads.open(parse(linkParams, request.params).nonce);
    return reply
      .setCookie(cookieName(id), cookie, cookieOptions)
      .header('cache-control', 'no-store')
      .redirect(`/uploads/${id}`, 303);
  });

  app.get('/uploads/:id', async (request, reply) => {
    const { id, cookie } = readCookie(request);
    const view = await uploads.view(id, cookie);
    return sendPage(
      reply,
      uploadPage({
        upload: view.upload,
        standing: standingOf(view),
        chatUrl: chatUrlOf(view.upload.place.platform),
        limitWords: roundSizeWords(maxClipBytes),
        scripts: [`${ASSETS}/tus.js`, `${ASSETS}/main.js`],
      }),
      { hasScripts: true },
    );
  });

  app.get('/uploads/:id/state', frequent, async (request, reply) => {
    const { id, cookie } = readCookie(request);
    return reply.header('cache-control', 'no-store').send(standingOf(await uploads.view(id, cookie)));
  });

  let endpoint: Promise<TusEndpoint> | null = null;
  /** Loaded with the first file: bots whose clips all come by chat stay small. */
  const loadEndpoint = async (): Promise<TusEndpoint> => {
    const { createTusEndpoint } = await import('./tus-endpoint.ts');
    return createTusEndpoint({
      uploads,
      pathOf: id => `/uploads/${id}/file`,
      idIn: path => /^\/uploads\/([\w-]{16})\/file$/.exec(path)?.[1],
      origin,
      maxBytes: maxClipBytes,
      statusOf,
      log,
    });
  };
  await app.register(async scope => {
    // Left unread: the protocol's own server streams it.
    scope.addContentTypeParser('application/offset+octet-stream', (_request, _body, done) => done(null));
    scope.route({
      method: ['HEAD', 'POST', 'PATCH', 'DELETE'],
      url: '/uploads/:id/file',
      ...frequent,
      async handler(request, reply) {
        refuseForeignPost(request, origin);
        const { id, cookie } = readCookie(request);
        await uploads.admit(id, cookie);
        endpoint ??= loadEndpoint();
        const answer = await (await endpoint).handle(id, request.raw);
        return reply.header('x-content-type-options', 'nosniff').send(answer);
      },
    });
  });

  app.get(`${ASSETS}/:name`, { config: { rateLimit: false } }, async (request, reply) => {
    const asset = assets.get((request.params as { name: string }).name);
    if (!asset) throw new AppError('upload_link_unknown');
    reply.header('cache-control', 'no-cache').header('etag', asset.etag).header('x-content-type-options', 'nosniff');
    if (request.headers['if-none-match'] === asset.etag) return reply.code(304).send();
    return reply.type('text/javascript; charset=utf-8').send(asset.content);
  });
}

/** The page's scripts, and the client of the protocol as its package ships it for browsers. */
async function readAssets(): Promise<ReadonlyMap<string, { content: Buffer; etag: string }>> {
  const names = (await readdir(PAGE)).filter(name => name.endsWith('.js'));
  const client = new URL('../../dist/tus.min.js', import.meta.resolve('tus-js-client/lib.esm/node/index.js'));
  const files = [...names.map(name => [name, new URL(name, PAGE)] as const), ['tus.js', client] as const];
  return new Map(
    await Promise.all(
      files.map(async ([name, file]) => {
        const content = await readFile(file);
        return [name, { content, etag: `"${createHash('sha256').update(content).digest('base64url')}"` }] as const;
      }),
    ),
  );
}
