// The page's routes: the page itself, the stream of what the bot says, and what the person does.

import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { wordsFor } from '../../chat/explain.ts';
import { AppError, isAppError } from '../../domain/errors.ts';
import type { PlaygroundMessageStore } from '../../stores/playground-messages.ts';
import type { Conversation } from './adapter.ts';
import { type Asset, readAssets } from './assets.ts';
import type { Door } from './door.ts';
import { sendRange } from './ranges.ts';
import type { Streams } from './streams.ts';
import type { Uploads } from './uploads.ts';
import { actSchema, clipParams, consentSchema, fileParams, mediaParams, suggestionSchema } from './wire.ts';

export interface RoutesDeps {
  readonly publicUrl: string;
  readonly conversation: Conversation;
  readonly streams: Streams;
  readonly uploads: Uploads;
  readonly messages: PlaygroundMessageStore;
  readonly simulatorOrigin: string | null;
  readonly consent: ((linkUrl: string, account: string) => Promise<string>) | null;
  readonly openClip: (mediaId: string, range?: { first: number; last: number }) => Promise<Readable>;
  readonly clipSize: (mediaId: string) => Promise<number>;
  readonly door: Door;
}

const ROOT = '/playground';
const LOGINS_PER_MINUTE = 10;
const SAMPLE = new URL('sample.mp4', import.meta.url);
/** Whom a watcher connects: each person somebody else, since an account has one owner. */
const CREATOR_OF = { ada: 'clara.cooks', ben: 'max.moves' } as const;
/** Where TikTok keeps its people's pictures. */
const TIKTOK_PICTURES = ['https://*.tiktokcdn.com', 'https://*.tiktokcdn-us.com', 'https://*.tiktokcdn-eu.com'];

/** No inline script or style, nothing from elsewhere but people's pictures. */
const policyOf = ({ simulatorOrigin }: RoutesDeps): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `img-src 'self' ${simulatorOrigin ?? TIKTOK_PICTURES.join(' ')}`,
    "media-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types lit-html',
  ].join('; ');

export async function addRoutes(app: FastifyInstance, deps: RoutesDeps): Promise<void> {
  const { conversation, door, streams, uploads } = deps;
  const assets = await readAssets();
  const headers = {
    'content-security-policy': policyOf(deps),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
  };

  function sendAsset(request: FastifyRequest, reply: FastifyReply, { content, contentType, etag }: Asset) {
    reply.header('cache-control', 'no-cache').header('etag', etag).type(contentType);
    return request.headers['if-none-match'] === etag ? reply.code(304).send() : reply.send(content);
  }

  function sendFile(request: FastifyRequest, reply: FastifyReply, name: string) {
    const asset = assets.get(name);
    if (!asset) return reply.code(404).type('text/plain').send('There is no such file.');
    return sendAsset(request, reply, asset);
  }

  /** The password page with its words for a wrong one. */
  function sendRefusal(request: FastifyRequest, reply: FastifyReply) {
    const page = assets.get('login.html');
    if (!page) return sendFile(request, reply, 'login.html');
    const content = Buffer.from(page.content.toString().replace('role="alert" hidden', 'role="alert"'));
    return sendAsset(request, reply, { ...page, content });
  }

  await app.register(async scope => {
    const free = { config: { rateLimit: false as const } };

    scope.addHook('onRequest', async (request, reply) => {
      reply.headers(headers);
      if (!door.isOwn(request))
        return reply.code(403).type('text/plain').send('The Playground opens for its own page only.');
      const isPart = /\.(?:css|svg)$/.test(request.routeOptions.url === `${ROOT}/*` ? request.url : '');
      const isLogin = request.routeOptions.url === `${ROOT}/login` || isPart;
      if (isLogin || door.isKnown(request)) return undefined;
      if (request.routeOptions.url === ROOT) return sendFile(request, reply.code(401), 'login.html');
      return reply.code(401).type('text/plain').send('Please open the Playground again and give its password.');
    });
    scope.addContentTypeParser('application/octet-stream', (_request, body, done) => done(null, body));
    scope.setErrorHandler((error, request, reply) => {
      if (!isAppError(error) && !(error instanceof z.ZodError)) throw error;
      const known = isAppError(error) ? error : new AppError('form_invalid', {}, { cause: error });
      request.log.info({ requestId: request.id, code: known.code }, 'the Playground refused a request');
      return reply.code(known.kind === 'user' ? 400 : 503).send({ error: wordsFor(known) });
    });

    scope.get(ROOT, free, async (request, reply) => {
      const isAsked = request.url !== ROOT;
      // Somebody else's page must not bring codes here; and cookies and drafts belong to one name of this machine.
      const isForeign = isAsked && request.headers['sec-fetch-site'] === 'cross-site';
      const isOtherName = `${request.protocol}://${request.headers.host}` !== deps.publicUrl && door.password === null;
      if (isForeign) return reply.redirect(ROOT, 303);
      if (isOtherName && request.headers['sec-fetch-mode'] === 'navigate')
        return reply.redirect(deps.publicUrl + request.url, 303);
      return sendFile(request, reply, 'index.html');
    });

    scope.post(`${ROOT}/login`, { config: { rateLimit: { max: LOGINS_PER_MINUTE } } }, async (request, reply) => {
      const { password } = z.object({ password: z.string().max(200) }).parse(request.body);
      if (!door.enter(reply, password)) return sendRefusal(request, reply.code(401));
      return reply.redirect(ROOT, 303);
    });

    scope.get(`${ROOT}/events`, free, async (_request, reply) => {
      reply.hijack();
      await streams.open(reply.raw, headers, conversation.readState);
    });

    scope.post(`${ROOT}/acts`, free, async request => conversation.act(actSchema.parse(request.body)));

    scope.get(`${ROOT}/suggestions`, free, async request => {
      const { person, command, option, text } = suggestionSchema.parse(request.query);
      return { choices: await conversation.suggest(person, command, option, text) };
    });

    scope.put(`${ROOT}/clips/:id`, free, async (request, reply) => {
      const taken = await uploads.take(clipParams.parse(request.params).id, request.body as Readable);
      return reply.code(taken ? 204 : 410).send();
    });

    scope.get(`${ROOT}/media/:mediaId`, free, async (request, reply) => {
      const { mediaId } = mediaParams.parse(request.params);
      const size = await deps.clipSize(mediaId);
      return sendRange(request, reply, size, range => deps.openClip(mediaId, range));
    });

    scope.get(`${ROOT}/sample.mp4`, free, async (_request, reply) =>
      reply.type('video/mp4').send(createReadStream(SAMPLE)),
    );

    scope.get(`${ROOT}/messages/:ref/files/:index`, free, async (request, reply) => {
      const { ref, index } = fileParams.parse(request.params);
      const block = (await deps.messages.find(ref))?.reply?.blocks[index];
      if (block?.kind !== 'file') throw new AppError('link_unknown');
      const name = encodeURIComponent(block.name);
      return reply
        .header('content-disposition', `attachment; filename*=UTF-8''${name}`)
        .type('application/octet-stream')
        .send(block.content);
    });

    scope.post(`${ROOT}/consent`, free, async request => {
      const { person, url } = consentSchema.parse(request.body);
      // Only for the links that this bot hands out itself.
      if (!deps.consent || !url.startsWith(`${deps.publicUrl}/connect/`)) throw new AppError('link_unknown');
      return { payload: await deps.consent(url, CREATOR_OF[person]) };
    });

    scope.get(`${ROOT}/*`, free, async (request, reply) =>
      sendFile(request, reply, (request.params as { '*': string })['*']),
    );
  });
}
