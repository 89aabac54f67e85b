/**
 * `/simulator/…`: what tests, load runs and the control panel steer the simulator with, in JSON.
 * GET/PATCH settings, GET/POST faults, DELETE faults[/:id], GET journal?after=&kind=&limit=, GET videos[?username=],
 * GET accounts, POST drafts/:publishId/finish, POST accounts/:username/disconnect, POST grants.
 */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { FAULT_ROUTES, faultSchema } from './faults.ts';
import { refuseForeign } from './foreign.ts';
import type { JournalKind } from './journal.ts';
import { REMOVED } from './oauth/grants.ts';
import { captionSchema, PRIVACY_LEVELS } from './posting/bodies.ts';
import { disconnect } from './posting/disconnect.ts';
import { statusOf } from './posting/routes.ts';
import { SCOPES, type SettingsPatch, SIMULATOR_CLIENT } from './settings.ts';
import type { State } from './state.ts';

const MAX_JOURNAL_PAGE = 10_000;

const journalQuery = z.object({
  after: z.coerce.number().int().min(0).default(0),
  kind: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(MAX_JOURNAL_PAGE).default(1000),
});
const videosQuery = z.object({ username: z.string().optional() });
const idParams = z.object({ id: z.coerce.number().int() });
const draftParams = z.object({ publishId: z.string() });
const accountParams = z.object({ username: z.string() });
const disconnectBody = z.strictObject({ clientKey: z.string().optional() }).default({});
const grantBody = z.strictObject({
  username: z.string(),
  clientKey: z.string().default(SIMULATOR_CLIENT.key),
  scopes: z.array(z.enum(SCOPES)).default([...SCOPES]),
});

/** What the person chooses in the app when finishing a draft. */
export const draftChoiceSchema = z
  .strictObject({
    privacy_level: z.enum(PRIVACY_LEVELS).default('PUBLIC_TO_EVERYONE'),
    title: captionSchema.optional(),
  })
  .prefault({});

export function addControlRoutes(app: FastifyInstance, state: State): void {
  const { faults, journal, publishes, settings, grants } = state;
  app.addHook('onRequest', refuseForeign);
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof z.ZodError) return reply.code(400).send({ error: z.prettifyError(error) });
    throw error;
  });

  app.get('/simulator/settings', () => settings.current());
  app.patch('/simulator/settings', request => {
    settings.change(z.looseObject({}).parse(request.body) as SettingsPatch);
    return settings.current();
  });

  app.get('/simulator/faults', () => ({ routes: FAULT_ROUTES, faults: faults.list() }));
  app.post('/simulator/faults', (request, reply) =>
    reply.code(201).send({ id: faults.add(faultSchema.parse(request.body)) }),
  );
  app.delete('/simulator/faults', () => {
    faults.remove();
    return { faults: [] };
  });
  app.delete('/simulator/faults/:id', request => {
    faults.remove(idParams.parse(request.params).id);
    return { faults: faults.list() };
  });

  app.get('/simulator/journal', request => {
    const { after, kind, limit } = journalQuery.parse(request.query);
    publishes.settle();
    const entries = journal.read({ after, limit, kind: kind as JournalKind | undefined });
    return { entries, next: entries.at(-1)?.seq ?? after };
  });

  app.get('/simulator/videos', request => {
    publishes.settle();
    const { username } = videosQuery.parse(request.query);
    return { videos: publishes.list({ username }).map(describeVideo) };
  });

  app.get('/simulator/accounts', () => ({
    accounts: Object.entries(settings.current().accounts).map(([username, account]) => ({
      username,
      ...account,
      connectedTo: [...new Set(grants.liveOf(username).map(grant => grant.clientKey))],
    })),
  }));

  app.post('/simulator/drafts/:publishId/finish', (request, reply) => {
    const choice = draftChoiceSchema.parse(request.body ?? undefined);
    const done = publishes.finish(draftParams.parse(request.params).publishId, choice);
    return done ? reply.send({ finished: true }) : reply.code(404).send({ error: 'No such draft waits in an inbox.' });
  });

  app.post('/simulator/accounts/:username/disconnect', (request, reply) => {
    const { username } = accountParams.parse(request.params);
    const { clientKey = SIMULATOR_CLIENT.key } = disconnectBody.parse(request.body ?? undefined);
    const done = disconnect(state, clientKey, username, REMOVED.byUser);
    return done ? reply.send({ disconnected: true }) : reply.code(404).send({ error: 'That app has no access.' });
  });

  app.post('/simulator/grants', (request, reply) => {
    const { clientKey, username, scopes } = grantBody.parse(request.body);
    if (settings.client(clientKey) === undefined || settings.account(username) === undefined) {
      return reply.code(404).send({ error: 'No such client or account.' });
    }
    return reply.send(grants.issueDirectly(clientKey, username, scopes));
  });

  function describeVideo(publish: ReturnType<typeof publishes.list>[number]) {
    const { publishId, kind, username, postInfo, postId, sha256, videoSize, receivedBytes, failReason, publicAt } =
      publish;
    const shown = { publishId, kind, username, status: statusOf(publish), postInfo, sha256, videoSize, receivedBytes };
    const where = postId && {
      postId,
      isPublic: publicAt !== null,
      page: `${state.origin()}/@${username}/video/${postId}`,
      file: `${state.origin()}/simulator/videos/${postId}/file`,
    };
    return { ...shown, ...(publish.state === 'failed' && { failReason }), ...where };
  }
}
