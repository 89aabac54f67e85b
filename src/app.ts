// The composition root: opens every part, puts them together, closes them in the opposite order.

import { randomBytes } from 'node:crypto';
import { codeOf } from '#commands/claim.ts';
import type { ClipcueCommand } from '#commands/command.ts';
import { commandSet, listedCommands } from '#commands/index.ts';
import { type Closers, closeAll } from './app/closers.ts';
import { openFoundation } from './app/foundation.ts';
import { createKeptUpdates } from './app/kept-updates.ts';
import { openPlayground } from './app/playground.ts';
import { createPublishing } from './app/publishing.ts';
import { createReadinessCheck } from './app/readiness.ts';
import { createServices } from './app/services.ts';
import { createSweeps } from './app/sweeps.ts';
import { createTikTokWebhook } from './app/tiktok-webhook.ts';
import type { Adapter, InstallLink } from './chat/adapter.ts';
import { createDispatch } from './chat/dispatch.ts';
import { askInParts } from './chat/in-parts.ts';
import { answerOnce } from './chat/once.ts';
import { askOneByOne } from './chat/one-by-one.ts';
import { noteStandby } from './chat/standby-note.ts';
import type { Config } from './config.ts';
import { createHttpServer } from './http/server.ts';
import type { Log } from './log.ts';
import { readSpace } from './media/disk-space.ts';
import { openPlatforms, type PlatformDeps } from './platforms.ts';
import type { OwnerClaim } from './services/access.ts';
import { DEFAULT_TIMING, type PublisherTiming } from './services/publisher/work.ts';
import type { Services } from './services/services.ts';
import { createTikTokEvents } from './services/tiktok-events.ts';
import { createWatch } from './services/watch.ts';
import type { Database } from './stores/database.ts';
import { requiredScopes } from './tiktok/scopes.ts';

const WATCH_EVERY_MS = 5_000;

export interface AppOptions {
  readonly config: Config;
  readonly log: Log;
  readonly version: string;
  readonly nodeVersion?: string;
  readonly adapters: readonly Adapter[];
  readonly clock?: () => number;
  readonly timing?: PublisherTiming;
  readonly clipTiming?: PlatformDeps['clipTiming'];
}

export interface App {
  readonly services: Services;
  readonly database: Database;
  readonly publicUrl: string;
  /** The simulator's address, where it stands in for TikTok. */
  readonly simulatorOrigin: string | null;
  /** The Playground's page and, on a public address, its password; null where it is off. */
  readonly playground: { readonly url: string; readonly password: string | null } | null;
  /** What the bot is called on a chat platform. */
  readonly nameOn: (platform: string) => string | null;
  readonly installLinks: readonly InstallLink[];
  /** For whoever started the bot to see, and nobody else: how to become its owner. Empty once there is one. */
  readonly ownerClaims: readonly OwnerClaim[];
  /** Why it does nothing at TikTok: its database is a copy, restored from a backup or left behind by a move. Null where it works. */
  readonly standby: 'restored' | 'moved' | null;
  /** Stops taking work, waits for what runs, closes everything in the opposite order of opening. */
  stop(): Promise<void>;
}

/**
 * Opens everything and starts to work. Where one part fails to open, those already open are closed again.
 * @throws Error with a sentence for the operator.
 */
export async function startApp(options: AppOptions): Promise<App> {
  const closers: Closers = [];
  const stop = () => closeAll(closers);
  try {
    return { ...(await openApp(options, closers)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function openApp(options: AppOptions, closers: Closers): Promise<Omit<App, 'stop'>> {
  const { config, log, clock = Date.now } = options;
  const foundation = await openFoundation(config, log, clock, closers);
  const { database, stores, standby, tiktokAccess, world, mode, newId } = foundation;
  const newRequestId = () => randomBytes(4).toString('hex');

  const switchedOn = await openPlatforms({
    config,
    log,
    clock,
    menu: listedCommands.filter(isForEverybody),
    chatMemory: stores.pendingQuestions,
    keptUpdates: createKeptUpdates(foundation),
    clipTiming: options.clipTiming,
    commands: commandSet.commands,
    marks: stores.marks,
    pictureOf: foundation.posters.of,
  });
  const playground = await openPlayground(foundation, commandSet.commands);
  const adapters = [...options.adapters, ...switchedOn.adapters, ...(playground ? [playground] : [])];
  const adapterFor = (platform: string) => adapters.find(adapter => adapter.platform === platform);

  const publishing = await createPublishing(foundation, options.timing ?? DEFAULT_TIMING);
  const { runner, alarms, grantCare, ownerNotices } = publishing;
  const services = createServices(foundation, publishing, {
    adapterFor,
    listAdapters: () => adapters,
    build: {
      version: options.version,
      nodeVersion: options.nodeVersion ?? 'unknown',
      database: config.mongodbUri === null ? 'embedded database' : 'MongoDB',
    },
    exchangeCode: (code, verifier) => http.exchangeCode(code, verifier),
  });
  if (!(await standby.isOn())) await services.practice.setAside();

  const { clientKey, clientSecret } = tiktokAccess;
  const events = createTikTokEvents({ ...stores, grantCare, world, clientKey, wake: runner.wake });
  const tiktokWebhook = createTikTokWebhook({ events, clientSecret, clock, log });
  closers.push(tiktokWebhook.stop);

  const http = await createHttpServer({
    log,
    newRequestId,
    version: options.version,
    trustedProxies: config.trustedProxies,
    connect: {
      linking: services.linking,
      publicUrl: config.publicUrl,
      tiktok: { ...tiktokAccess, loginOrigin: tiktokAccess.authorizeOrigin, scopes: requiredScopes(mode) },
      isPractice: world === 'simulator',
      returnUrlOf: (platform, code) => adapterFor(platform)?.limits.deepLink?.(code) ?? null,
    },
    uploads: {
      uploads: services.uploads,
      publicUrl: config.publicUrl,
      maxClipBytes: config.maxClipBytes,
      chatUrlOf: platform => adapterFor(platform)?.chatUrl?.() ?? null,
    },
    webhooks: [...switchedOn.webhooks, tiktokWebhook.webhook],
    site: {
      operator: config.operator,
      isPractice: world === 'simulator',
      playgroundUrl: playground?.url ?? null,
      simulatorOrigin: tiktokAccess.simulatorOrigin,
      clipKeepDays: Math.round(config.clipKeepMs / 86_400_000),
    },
    sites: playground ? [playground.routes] : [],
    checkReady: createReadinessCheck({
      ...{ database, runner, adapters, world, clock },
      posts: stores.posts,
      isOnStandby: standby.isOn,
    }),
  });
  await http.app.listen({ host: config.host, port: config.port });
  closers.push(services.uploads.stop);
  closers.push(() => http.app.close());

  const product = createDispatch({
    set: commandSet,
    services,
    admit: (person, invocation) => services.access.admit(person, invocation && codeOf(invocation)),
    keepCard: (user, postId, _person, messageRef) => stores.posts.keepCard(user.id, postId, messageRef),
    async contacted({ id }) {
      await stores.posts.rearmNotices(id);
      await stores.memos.rearm(id);
    },
    clock,
    newRequestId,
    log,
  });
  const asking = { memories: stores.pendingQuestions, newId };
  const asked = askInParts(askOneByOne(noteStandby(product, standby.read), asking), asking);
  const dispatch = answerOnce(asked, stores.seenEvents);
  const watch = createWatch({
    ...{ ownerNotices, world, clock, log },
    marks: stores.marks,
    posts: stores.posts,
    readSpace: () => readSpace(config.dataDir),
    isDatabaseThere: database.isThere,
    listAdapters: () => adapters,
    everyMs: WATCH_EVERY_MS,
  });
  await watch.noteStart();
  await alarms.start();
  closers.push(alarms.stop);
  runner.start();
  closers.push(runner.stop);
  for (const sweep of [...createSweeps(foundation, services, publishing, adapterFor), watch]) {
    sweep.start();
    closers.push(sweep.stop);
  }
  for (const adapter of adapters) {
    await adapter.start(dispatch);
    closers.push(adapter.stop);
  }
  // After the adapters: a deep link names the bot, which its platform has told by now.
  const ownerClaims = await services.access.offerClaims(
    adapters
      .filter(({ limits }) => !limits.opensItself)
      .map(({ platform, limits }) => ({ platform, deepLink: limits.deepLink })),
  );
  const { simulatorOrigin } = tiktokAccess;
  return {
    services,
    database,
    publicUrl: config.publicUrl,
    simulatorOrigin,
    playground: playground && { url: playground.url, password: playground.password },
    nameOn: platform => adapterFor(platform)?.calledAs?.() ?? null,
    installLinks: adapters.flatMap(adapter => adapter.installLinks?.() ?? []),
    ownerClaims,
    standby: (await standby.read())?.reason ?? null,
  };
}

/** What a platform may list: typed, and open to all who are let in. */
const isForEverybody = ({ ownerOnly, isTyped }: ClipcueCommand): boolean => isTyped !== false && !ownerOnly;
