// The use cases, each with what it needs.

import type { Adapter } from '../chat/adapter.ts';
import { contentTypeOf } from '../domain/clip.ts';
import { judgeClip } from '../domain/clip-rules.ts';
import { CALLBACK_PATH } from '../domain/pasted-address.ts';
import { readSpace } from '../media/disk-space.ts';
import { createAccess } from '../services/access.ts';
import { createBatches } from '../services/batches.ts';
import { createClips } from '../services/clips.ts';
import { createDrafts } from '../services/drafts.ts';
import { createLeaving } from '../services/leaving.ts';
import { createTell } from '../services/linking/warnings.ts';
import { createLinking } from '../services/linking.ts';
import { createMissed } from '../services/missed.ts';
import { createPeople } from '../services/people.ts';
import { createPostErasure } from '../services/post-erasure.ts';
import { createPosts } from '../services/posts.ts';
import { createPractice } from '../services/practice.ts';
import { createQuota } from '../services/quota.ts';
import { createReconnection } from '../services/reconnection.ts';
import type { Services } from '../services/services.ts';
import { type BuildFacts, createStatus } from '../services/status.ts';
import { createUnconfirmed } from '../services/unconfirmed.ts';
import { createUploads } from '../services/uploads.ts';
import { createPersonData } from '../stores/person-data.ts';
import { createStrandedPosts } from '../stores/stranded-posts.ts';
import { createPkce } from '../tiktok/pkce.ts';
import { missingScopes, requiredScopes } from '../tiktok/scopes.ts';
import type { Foundation } from './foundation.ts';
import type { Publishing } from './publishing.ts';

/** What services need of the parts that are opened after them. */
export interface Surroundings {
  adapterFor(platform: string): Adapter | undefined;
  listAdapters(): readonly Adapter[];
  readonly build: BuildFacts;
  /** Trades TikTok's code for tokens, through the web server's plugin. */
  exchangeCode(code: string, verifier: string | null): Promise<unknown>;
}

/** Whether an address leads to whichever machine opens it. */
const isLoopback = (address: string): boolean =>
  ['localhost', '127.0.0.1', '[::1]'].includes(new URL(address).hostname);

export function createServices(foundation: Foundation, { accounts, alarms }: Publishing, chat: Surroundings): Services {
  const { config, stores, tokenBox, tiktok, media, posters, prober, links, world, mode, random, newId, clock, log } =
    foundation;
  const drafts = createDrafts({ posts: stores.posts, accounts, mode, newId, clock });
  const posts = createPosts({ posts: stores.posts, media, clock, setAlarm: alarms.set, clipKeepMs: config.clipKeepMs });
  const personData = createPersonData(stores);
  const erasePosts = createPostErasure({ personData, media, forgetAlarm: alarms.forget });
  const strandedPosts = createStrandedPosts(stores);
  const opensPages = (platform: string): boolean =>
    !isLoopback(config.publicUrl) || Boolean(chat.adapterFor(platform)?.limits.linkPage);
  const quota = createQuota({
    limitBytes: config.personQuotaBytes,
    async usedBytes(ownerId) {
      const keptSince = new Date(clock() - config.clipKeepMs);
      const [kept, arriving] = await Promise.all([
        stores.posts.sumClipBytes(ownerId, keptSince),
        stores.uploads.sumArriving(ownerId),
      ]);
      return kept + arriving;
    },
  });
  const clips = createClips({
    media,
    quota,
    probe: prober.probe,
    judge: judgeClip,
    makePoster: posters.make,
    contentTypeOf,
    offerLink: links.offer,
  });
  const services: Services = {
    access: createAccess({
      users: stores.users,
      invites: stores.invites,
      owners: config.owners,
      isOpen: platform => config.isOpenToEveryone || Boolean(chat.adapterFor(platform)?.limits.opensItself),
      random: random,
      newId,
      clock,
    }),
    accounts,
    batches: createBatches({ drafts, posts, accounts, newId, clock }),
    clips,
    drafts,
    leaving: createLeaving({
      personData,
      posts: stores.posts,
      accountStore: stores.accounts,
      accounts,
      giveBackPending: ownerId => services.linking.giveBackPending(ownerId),
      forgetUploads: ownerId => services.uploads.forget(ownerId),
      erasePosts,
      clock,
    }),
    linking: createLinking({
      attempts: stores.linkAttempts,
      accounts: stores.accounts,
      tokenBox,
      tiktok,
      world,
      mode,
      publicUrl: config.publicUrl,
      redirectUri: config.publicUrl + CALLBACK_PATH,
      scopes: requiredScopes(mode),
      createPkce: random => createPkce(config.tiktok.pkce, random),
      missingScopes: granted => missingScopes(granted, mode),
      exchangeCode: chat.exchangeCode,
      opensLinkPage: opensPages,
      takesLongCode: platform => Boolean(chat.adapterFor(platform)?.limits.deepLink),
      findPlace: async id => (await stores.users.find(id))?.identities.at(-1) ?? null,
      tell: createTell(chat.adapterFor),
      onReconnected: createReconnection({ posts: stores.posts, setAlarm: alarms.set }),
      random: random,
      clock,
      log,
    }),
    missed: createMissed({ posts: stores.posts, clock, setAlarm: alarms.set }),
    people: createPeople({ users: stores.users, accounts: stores.accounts }),
    posts,
    practice: createPractice({ posts: stores.posts, strandedPosts, erasePosts, world, clock }),
    status: createStatus({
      ...chat,
      posts: stores.posts,
      readSpace: () => readSpace(config.dataDir),
      world,
      clock,
    }),
    unconfirmed: createUnconfirmed({ posts: stores.posts, media, clock, setAlarm: alarms.set }),
    uploads: createUploads({
      uploads: stores.uploads,
      media,
      clips,
      quota,
      deliver: ({ ownerId, postId }, clip) => drafts.takeClip(ownerId, postId, clip),
      publicUrl: config.publicUrl,
      limitBytes: config.maxClipBytes,
      isHereOnly: platform => !opensPages(platform),
      random,
      clock,
      log,
    }),
  };
  return services;
}
