/** The pages for looking at what was posted, and the files they show. Nothing here changes anything. */
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Publish } from '../posting/publish.ts';
import { videoPath } from '../posting/upload.ts';
import type { State } from '../state.ts';
import { html } from './html.ts';
import { layout, sendPage } from './page.ts';
import { avatarSvg, iconSvg, type Profile, profilePage, videoPage } from './profile.ts';

const MAX_VIDEOS_SHOWN = 100;
const usernameParams = z.object({ username: z.string() });
const videoParams = z.object({ username: z.string().optional(), id: z.string().regex(/^\d{1,20}$/) });

export async function addPageRoutes(app: FastifyInstance, state: State): Promise<void> {
  const { publishes, settings } = state;

  for (const name of ['style.css', 'panel.css']) {
    const sheet = await readFile(new URL(name, import.meta.url), 'utf8');
    app.get(`/simulator/${name}`, (_request, reply) => reply.type('text/css; charset=utf-8').send(sheet));
  }
  app.get('/simulator/icon.svg', (_request, reply) => sendPicture(reply, iconSvg));

  app.get('/simulator/avatars/:username.svg', (request, reply) => {
    const profile = profileOf(usernameParams.parse(request.params).username);
    if (profile === undefined) return sendNotFound(reply);
    return sendPicture(reply, avatarSvg(profile.username, profile.displayName).markup);
  });

  app.get('/@:username', (request, reply) => {
    const profile = profileOf(usernameParams.parse(request.params).username);
    if (profile === undefined) return sendNotFound(reply);
    publishes.settle();
    const recent = publishes.list({ username: profile.username, limit: MAX_VIDEOS_SHOWN });
    const videos = recent.filter(publish => publish.state === 'complete');
    const drafts = recent.filter(publish => publish.state === 'inbox');
    return sendPage(reply, 200, profilePage(profile, videos, drafts));
  });

  app.get('/@:username/video/:id', (request, reply) => {
    const video = videoOf(request);
    const profile = video && profileOf(video.username);
    const { username } = usernameParams.parse(request.params);
    if (video === undefined || profile === undefined || username !== video.username) return sendNotFound(reply);
    return sendPage(reply, 200, videoPage(profile, video));
  });

  app.get('/simulator/videos/:id/file', async (request, reply) => {
    const video = videoOf(request);
    return video === undefined ? sendNotFound(reply) : sendFile(request, reply, video);
  });

  function profileOf(username: string): Profile | undefined {
    const account = settings.account(username);
    return account && { username, ...account };
  }

  function videoOf(request: FastifyRequest): Publish | undefined {
    publishes.settle();
    const params = videoParams.safeParse(request.params);
    return params.success ? publishes.byPostId(params.data.id) : undefined;
  }

  async function sendFile(request: FastifyRequest, reply: FastifyReply, video: Publish): Promise<FastifyReply> {
    const path = videoPath(state.dataDir, video);
    const sizeBytes = (await stat(path)).size;
    reply
      .header('accept-ranges', 'bytes')
      .header('x-content-type-options', 'nosniff')
      .type(video.contentType ?? 'application/octet-stream');
    const wanted = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(request.headers.range ?? '');
    if (wanted === null || wanted[0] === 'bytes=-') {
      return reply.header('content-length', sizeBytes).send(createReadStream(path));
    }
    const [, first = '', last = ''] = wanted;
    const start = first === '' ? Math.max(0, sizeBytes - Number(last)) : Number(first);
    const end = first === '' || last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
    if (start > end) return reply.code(416).header('content-range', `bytes */${sizeBytes}`).send('');
    return reply
      .code(206)
      .header('content-range', `bytes ${start}-${end}/${sizeBytes}`)
      .header('content-length', end - start + 1)
      .send(createReadStream(path, { start, end }));
  }
}

function sendPicture(reply: FastifyReply, svg: string): FastifyReply {
  return reply.header('content-security-policy', "default-src 'none'").type('image/svg+xml').send(svg);
}

function sendNotFound(reply: FastifyReply): FastifyReply {
  const page = layout(
    'Not here',
    html`<section class="card"><h1>Not here</h1><p>There is no such account or video.</p></section>`,
  );
  return sendPage(reply, 404, page);
}
