/**
 * Everything about the simulator that can be changed while it runs: one schema, its defaults, and the rule by which a
 * change is laid over what is set (JSON Merge Patch, RFC 7396: objects merge, `null` gives a default back or removes).
 */
import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';

export const SCOPES = [
  'user.info.basic',
  'user.info.profile',
  'user.info.stats',
  'video.list',
  'video.upload',
  'video.publish',
] as const;

/** The app that every simulator knows at first: any path on any localhost port may be its (Desktop) redirect. */
export const SIMULATOR_CLIENT = {
  key: 'simulator-client-key',
  secret: 'simulator-client-secret',
  redirectRules: ['http://localhost:*/*', 'http://127.0.0.1:*/*'],
} as const;

const delayMs = z.int().min(0).max(86_400_000);
const count = z.int().min(0);

const accountSchema = z.strictObject({
  displayName: z.string().min(1).max(60),
  bio: z.string().max(200).default(''),
  private: z.boolean().default(false),
  commentDisabled: z.boolean().default(false),
  duetDisabled: z.boolean().default(false),
  stitchDisabled: z.boolean().default(false),
  maxVideoPostDurationSec: z.int().min(1).max(3600).default(600),
  banned: z.boolean().default(false).describe('banned from posting'),
  followerCount: count.default(1200),
});

const clientSchema = z.strictObject({
  secret: z.string().min(8),
  name: z.string().min(1),
  developer: z.string().min(1).describe('apps of one developer see the same union_id'),
  webRedirects: z.array(z.url({ protocol: /^https$/ })).default([]),
  desktopRedirects: z
    .array(z.string())
    .default([])
    .describe('http(s)://localhost|127.0.0.1:PORT|*/path, path * is any'),
  scopes: z.array(z.enum(SCOPES)).default([...SCOPES]),
  targetUsers: z.array(z.string()).nullable().default(null).describe('a portal sandbox: nobody else can authorise'),
  webhookUrl: z.url().nullable().default(null),
});

export const settingsSchema = z.strictObject({
  accessTokenLifetimeSec: z.int().min(1).default(7200),
  refreshTokenLifetimeSec: z.int().min(1).default(15_552_000),
  codeLifetimeSec: z.int().min(1).default(300),
  refreshReuseEndsGrant: z.boolean().default(false).describe('a replayed old refresh token kills the whole grant'),
  oauthErrorsAs200: z.boolean().default(false).describe('clients report both 200 and 4xx for OAuth errors'),
  autoAuthorize: z.boolean().default(true).describe('skip the page for a known session unless disable_auto_auth=1'),
  audited: z.boolean().default(true),
  checkMedia: z.boolean().default(true).describe('look into what was uploaded; off for load tests with made-up bytes'),
  processingDelayMs: delayMs.default(1000),
  moderationDelayMs: delayMs.default(2000),
  inboxFinishDelayMs: delayMs.nullable().default(null).describe('null: the person finishes drafts by hand'),
  uploadUrlLifetimeSec: z.int().min(1).default(3600),
  crowd: z.int().min(0).max(1_000_000).default(0).describe('so many more public accounts: creator-1, creator-2, ...'),
  rateLimits: z
    .strictObject({
      enabled: z.boolean().default(true),
      windowMs: z.int().min(1).default(60_000),
      init: count.default(6),
      creatorInfo: count.default(20),
      status: count.default(30),
      userInfo: count.default(600),
    })
    .prefault({}),
  caps: z
    .strictObject({
      directPostsPerDay: count.default(15),
      pendingDraftsPerDay: count.default(5),
      unauditedCreatorsPerDay: count.default(5),
      activeCreatorsPerDay: count.nullable().default(null),
    })
    .prefault({}),
  webhooks: z
    .strictObject({
      maxAttempts: z.int().min(1).max(50).default(8),
      retryBaseMs: delayMs.default(1000),
      timeoutMs: z.int().min(1).default(5000),
      duplicates: z.int().min(0).max(10).default(0).describe('each event arrives so many times more'),
      reorderWithinMs: delayMs.default(0).describe('each event is held back a random time up to this'),
    })
    .prefault({}),
  accounts: z.record(z.string().regex(/^[a-z0-9._-]{2,24}$/), accountSchema).default({
    'clara.cooks': accountSchema.parse({ displayName: 'Clara Cooks', bio: 'Ten-minute dinners' }),
    'max.moves': accountSchema.parse({ displayName: 'Max Moves', bio: 'Dance, slowly', followerCount: 48_200 }),
    'nora.private': accountSchema.parse({ displayName: 'Nora (private)', private: true, followerCount: 31 }),
  }),
  clients: z.record(z.string(), clientSchema).default({
    [SIMULATOR_CLIENT.key]: clientSchema.parse({
      secret: SIMULATOR_CLIENT.secret,
      name: 'Clipcue (practice)',
      developer: 'simulator-developer',
      desktopRedirects: [...SIMULATOR_CLIENT.redirectRules],
    }),
  }),
});

export type SimulatorSettings = z.infer<typeof settingsSchema>;
export type Account = SimulatorSettings['accounts'][string];
export type Client = SimulatorSettings['clients'][string];

/** A change: any part of the settings; `null` removes an entry or gives the default back. */
export type SettingsPatch = DeepPatch<SimulatorSettings>;
type DeepPatch<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? { [K in keyof T]?: DeepPatch<T[K]> | null }
    : T;

export interface SettingsStore {
  current(): SimulatorSettings;
  /** Lays the patch over what is set and keeps it. Throws a ZodError, changing nothing, where the result is not valid. */
  change(patch: SettingsPatch): void;
  /** A named account, or one of the crowd. */
  account(username: string): Account | undefined;
  client(key: string): Client | undefined;
}

export function createSettings(db: DatabaseSync): SettingsStore {
  const stored = db.prepare('SELECT json FROM settings WHERE one = 1').get();
  const save = db.prepare(
    'INSERT INTO settings (one, json) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET json = excluded.json',
  );
  let current = settingsSchema.parse(stored === undefined ? {} : JSON.parse(String(stored.json)));

  return {
    current: () => current,
    change(patch) {
      const changed = settingsSchema.parse(mergePatch(current, patch));
      save.run(JSON.stringify(changed));
      current = changed;
    },
    account(username) {
      if (Object.hasOwn(current.accounts, username)) return current.accounts[username];
      const number = /^creator-([1-9][0-9]{0,6})$/.exec(username)?.[1];
      if (number === undefined || Number(number) > current.crowd) return undefined;
      return accountSchema.parse({ displayName: `Creator ${number}` });
    },
    client: key => (Object.hasOwn(current.clients, key) ? current.clients[key] : undefined),
  };
}

function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
