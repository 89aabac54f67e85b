/**
 * A stand-in for TikTok: OAuth, user info and the Content Posting API on a port of its own, as strict as the documents.
 *
 *   const tiktok = await startSimulator({ dataDir, port: 0 });
 *   tiktok.origin                                     // for www.tiktok.com, open.tiktokapis.com and the upload host alike
 *   tiktok.change({ audited: false, accounts: { 'clara.cooks': { private: true } } });
 *   tiktok.addFault({ kind: 'lost_reply', route: 'init', count: 1 });
 *   tiktok.journal({ kind: 'published' });
 *   await tiktok.stop();
 *
 * It knows nothing of the app that calls it (SIMULATOR_CLIENT is registered from the start) and remembers everything in
 * `dataDir`. Time is `clock`; only webhooks use a timer. Steering over HTTP: control.ts; faults: faults.ts.
 */
import type { AddressInfo } from 'node:net';
import cookie from '@fastify/cookie';
import formbody from '@fastify/formbody';
import Fastify from 'fastify';
import { useApiFrame } from './api.ts';
import { addControlRoutes, draftChoiceSchema } from './control.ts';
import { committed, openDatabase } from './database.ts';
import { ApiError, sendError } from './envelope.ts';
import type { Fault, FaultInput } from './faults.ts';
import { refuseForeignHost } from './foreign.ts';
import type { JournalEntry, JournalFilter } from './journal.ts';
import { addAuthorizeRoutes } from './oauth/authorize.ts';
import { REMOVED, type TokenReply } from './oauth/grants.ts';
import { addTokenRoutes } from './oauth/token.ts';
import { addPanelRoutes } from './pages/panel-routes.ts';
import { addPageRoutes } from './pages/routes.ts';
import type { PrivacyLevel } from './posting/bodies.ts';
import { disconnect } from './posting/disconnect.ts';
import { addPostingRoutes } from './posting/routes.ts';
import { addUploadRoute, recountUploads } from './posting/upload.ts';
import { SCOPES, type SettingsPatch, SIMULATOR_CLIENT, type SimulatorSettings } from './settings.ts';
import { createState, type SimulatorLog } from './state.ts';
import { addUserInfoRoute } from './user-info.ts';

export type { Fault, FaultInput } from './faults.ts';
export type { JournalEntry, JournalFilter, JournalKind } from './journal.ts';
export { type SettingsPatch, SIMULATOR_CLIENT, type SimulatorSettings } from './settings.ts';

export interface SimulatorOptions {
  /** Its own folder; made where missing. One simulator at a time. */
  dataDir: string;
  /** 0 takes any free one. */
  port: number;
  host?: string;
  /** How others reach it, where that is not http://127.0.0.1:PORT. */
  publicOrigin?: string;
  /** Laid over the stored settings at every start. */
  settings?: SettingsPatch;
  clock?: () => number;
  /** Numbers in [0, 1) for faults with a probability; pass a seeded one to repeat a run. */
  random?: () => number;
  log?: SimulatorLog;
}

export interface Simulator {
  origin: string;
  settings(): SimulatorSettings;
  /** JSON Merge Patch; takes effect with the next request. Throws a ZodError, changing nothing. */
  change(patch: SettingsPatch): void;
  /** Gives the fault's id. Throws a ZodError. */
  addFault(fault: FaultInput): number;
  faults(): (Fault & { id: number })[];
  clearFaults(): void;
  journal(filter?: JournalFilter): JournalEntry[];
  /** The person finishes a draft in TikTok's app; false where none of that id waits. */
  finishDraft(publishId: string, choice?: { privacy_level?: PrivacyLevel; title?: string }): boolean;
  /** The person takes the app out in TikTok's settings; false where it was not in. */
  disconnect(username: string, clientKey?: string): boolean;
  /** Tokens without the authorize page, for load tests. */
  grant(username: string, options?: { clientKey?: string; scopes?: string[] }): TokenReply;
  stop(): Promise<void>;
}

/** Listens before it resolves. Throws where the port or the data folder is taken, or the settings are not valid. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { dataDir, host = '127.0.0.1', clock = Date.now, random = Math.random } = options;
  const db = openDatabase(dataDir);
  let origin = options.publicOrigin ?? '';
  const state = createState({ db, clock, random, dataDir, origin: () => origin, log: options.log });
  const { settings, faults, journal, publishes, grants, webhooks } = state;
  const app = Fastify({ logger: false, forceCloseConnections: true, bodyLimit: 1_000_000 });

  async function stop(): Promise<void> {
    await webhooks.stop();
    await app.close();
    await committed(db);
    db.close();
  }

  try {
    if (options.settings !== undefined) settings.change(options.settings);
    await recountUploads(state);
    app.addHook(
      'onRequest',
      refuseForeignHost(() => [host, new URL(origin).hostname]),
    );
    // Nobody is told what a kill could undo.
    app.addHook('onSend', () => committed(db));
    app.setErrorHandler((error, request, reply) => {
      const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
      if (error instanceof Error && status < 500) return reply.code(status).send({ error: error.message });
      options.log?.error({ err: error, route: request.routeOptions.url }, 'TikTok simulator: a request failed');
      return sendError(reply, new ApiError('internal_error'));
    });
    await app.register(async api => {
      useApiFrame(api, state);
      addPostingRoutes(api, state);
      addUserInfoRoute(api, state);
    });
    await app.register(async upload => addUploadRoute(upload, state));
    await app.register(async oauth => {
      oauth.removeAllContentTypeParsers();
      await oauth.register(formbody);
      addTokenRoutes(oauth, state);
    });
    await app.register(async pages => {
      await pages.register(formbody);
      await pages.register(cookie);
      addAuthorizeRoutes(pages, state);
    });
    await app.register(async pages => addPageRoutes(pages, state));
    await app.register(async panel => {
      await panel.register(formbody);
      addPanelRoutes(panel, state);
    });
    await app.register(async control => addControlRoutes(control, state));
    await app.listen({ port: options.port, host });
  } catch (error) {
    await stop();
    throw error;
  }
  const { port } = app.server.address() as AddressInfo;
  origin ||= `http://127.0.0.1:${port}`;

  return {
    origin,
    settings: settings.current,
    change: settings.change,
    addFault: faults.add,
    faults: faults.list,
    clearFaults: () => faults.remove(),
    journal(filter) {
      publishes.settle();
      return journal.read(filter);
    },
    finishDraft: (publishId, choice) => publishes.finish(publishId, draftChoiceSchema.parse(choice)),
    disconnect: (username, clientKey = SIMULATOR_CLIENT.key) => disconnect(state, clientKey, username, REMOVED.byUser),
    grant: (username, { clientKey = SIMULATOR_CLIENT.key, scopes = [...SCOPES] } = {}) =>
      grants.issueDirectly(clientKey, username, scopes),
    stop,
  };
}
