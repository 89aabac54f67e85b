// From the environment to one checked configuration. All faults are found at once and named, before anything opens.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { unescape as percentDecode } from 'node:querystring';
import type { World } from './domain/account.ts';
import type { PostingMode } from './domain/choices.ts';
import type { S3Place } from './media/s3-store.ts';
import { findUnknownNames } from './setting-names.ts';
import { SETTING_NAMES, SETTINGS, type SettingName, type SettingValues } from './settings.ts';
import { type Keyring, parseKeyring } from './stores/keyring.ts';

export interface Config {
  readonly publicUrl: string;
  readonly host: string;
  readonly port: number;
  /** Whose word counts for where a request came from. */
  readonly trustedProxies: readonly string[];
  readonly dataDir: string;
  /** Null: the embedded database. */
  readonly mongodbUri: string | null;
  /** A missing token key is a fault there, never generated. */
  readonly isProduction: boolean;
  readonly tiktok: TikTokConfig;
  /** Null: not on Telegram. */
  readonly telegram: TelegramConfig | null;
  /** Null: not on Discord. */
  readonly discord: DiscordConfig | null;
  /** Whether anybody may use the bot. */
  readonly isOpenToEveryone: boolean;
  /** "platform:person" of each owner that the settings name. */
  readonly owners: ReadonlySet<string>;
  readonly playground: PlaygroundConfig;
  /** Who runs the bot, as the privacy and terms pages name them; null where nobody said. */
  readonly operator: { readonly name: string | null; readonly contact: string | null };
  readonly simulatorPort: number;
  /** Null: the key file in the data folder, made where it is missing. */
  readonly keyring: Keyring | null;
  readonly maxClipBytes: number;
  /** Null: clips lie in the data folder. */
  readonly mediaStore: S3Place | null;
  /** Null: no second opinion on clips. */
  readonly ffprobePath: string | null;
  /** Null: pictures of clips are drawn. */
  readonly ffmpegPath: string | null;
  /** For all clips of one person together. */
  readonly personQuotaBytes: number;
  readonly clipKeepMs: number;
  readonly logLevel: SettingValues['LOG_LEVEL'];
  /** Values that no log line may show. */
  readonly secrets: readonly string[];
}

export type TikTokConfig = {
  readonly mode: PostingMode;
  readonly isAudited: boolean;
  readonly pkce: SettingValues['TIKTOK_PKCE'];
} & (
  | { readonly kind: 'simulator' }
  | {
      readonly kind: 'live';
      readonly world: World;
      readonly clientKey: string;
      readonly clientSecret: string;
      readonly apiOrigin: string;
      readonly loginOrigin: string;
    }
);

export interface TelegramConfig {
  readonly token: string;
  /** Null: Telegram's own. */
  readonly apiRoot: string | null;
  readonly isWebhook: boolean;
}

export interface DiscordConfig {
  readonly token: string;
  /** Null: Discord's own. */
  readonly apiRoot: string | null;
}

/** A bucket of an S3-compatible store. */
/** `because` is for the start-up table: why it is off. */
export type PlaygroundConfig =
  | { readonly kind: 'off'; readonly because: string }
  | { readonly kind: 'on'; readonly isPublic: boolean };

/** All that is wrong with the settings, one sentence each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(
      `The settings have ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n  - ${faults.join('\n  - ')}`,
    );
    this.faults = faults;
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings from `env`. `fileNames` are the names that stand in the .env file, where an unknown one is a fault; in the
 * environment, which is full of other programs' names, only a near-miss of one of ours is.
 * @throws ConfigError naming every fault.
 */
export function loadConfig(env: Environment, fileNames: readonly string[] = []): Config {
  const faults: string[] = [...findUnknownNames(env, fileNames)];
  const values: Partial<Record<SettingName, unknown>> = {};
  for (const name of SETTING_NAMES) {
    const parsed = SETTINGS[name].schema.safeParse(readText(env, name, faults));
    if (parsed.success) values[name] = parsed.data;
    else faults.push(`${name} is not ${parsed.error.issues[0]?.message ?? 'readable'}`);
  }
  const read = values as SettingValues;
  const keyring = read.TOKEN_KEYS === undefined ? null : readKeyring(read.TOKEN_KEYS, faults);
  // Whether a setting is given, not whether it could be read: one mistake must neither hide another nor look like two.
  const isProduction = read.NODE_ENV === 'production' || isGiven(env, 'MONGODB_URI');
  if (isProduction && !isGiven(env, 'TOKEN_KEYS'))
    faults.push('TOKEN_KEYS is missing: with NODE_ENV=production or MONGODB_URI the key must be given, not generated');
  if (isGiven(env, 'TIKTOK_CLIENT_KEY') !== isGiven(env, 'TIKTOK_CLIENT_SECRET'))
    faults.push('TIKTOK_CLIENT_KEY and TIKTOK_CLIENT_SECRET must be set together');
  if (read.TIKTOK_CLIENT_SECRET && read.TOKEN_KEYS?.includes(read.TIKTOK_CLIENT_SECRET))
    faults.push('TOKEN_KEYS holds the TikTok client secret; a key must be a secret of its own');
  // Port 0 means any free one, as tests use it.
  if (read.PORT && read.PORT === read.SIMULATOR_PORT && !isGiven(env, 'TIKTOK_CLIENT_KEY'))
    faults.push(`PORT and SIMULATOR_PORT are both ${read.PORT}; each needs its own`);
  // Telegram posts to no other kind of address; a Bot API server of one's own may sit on the same machine.
  if (read.TELEGRAM_WEBHOOK === 'on' && !read.TELEGRAM_API_ROOT && !read.PUBLIC_URL?.startsWith('https://'))
    faults.push('TELEGRAM_WEBHOOK=on needs a PUBLIC_URL that begins with https://');
  // Without a public address the way back from TikTok is a Desktop app's, which TikTok refuses without PKCE.
  if (read.TIKTOK_PKCE === 'off' && !read.PUBLIC_URL?.startsWith('https://'))
    faults.push('TIKTOK_PKCE=off needs a PUBLIC_URL that begins with https://; without one TikTok insists on PKCE');
  const playground = readPlayground(read, isProduction, faults);
  const mediaStore = readMediaStore(read, faults);
  if (faults.length > 0) throw new ConfigError(faults);
  return {
    publicUrl: read.PUBLIC_URL ?? `http://localhost:${read.PORT}`,
    host: read.HOST,
    port: read.PORT,
    trustedProxies: read.TRUST_PROXY,
    dataDir: resolve(read.DATA_DIR),
    mongodbUri: read.MONGODB_URI ?? null,
    isProduction,
    tiktok: readTikTok(read),
    telegram: readTelegram(read),
    discord: readDiscord(read),
    isOpenToEveryone: read.ACCESS === 'everyone',
    owners: new Set(read.OWNERS),
    playground,
    operator: { name: read.OPERATOR_NAME ?? null, contact: read.OPERATOR_CONTACT ?? null },
    simulatorPort: read.SIMULATOR_PORT,
    keyring,
    maxClipBytes: read.MAX_CLIP_MB * 1_000_000,
    mediaStore,
    ffprobePath: read.FFPROBE_PATH ?? null,
    ffmpegPath: read.FFMPEG_PATH ?? null,
    personQuotaBytes: read.CLIPS_PER_PERSON_MB * 1_000_000,
    clipKeepMs: read.MEDIA_KEEP_DAYS * 86_400_000,
    logLevel: read.LOG_LEVEL,
    secrets: [...listSecrets(read)],
  };
}

function readTikTok(read: SettingValues): TikTokConfig {
  const { TIKTOK_CLIENT_KEY: clientKey, TIKTOK_CLIENT_SECRET: clientSecret, TIKTOK_PKCE: pkce } = read;
  // The simulator stands for an audited app unless told otherwise.
  if (clientKey === undefined || clientSecret === undefined)
    return { kind: 'simulator', mode: read.TIKTOK_MODE ?? 'direct', isAudited: read.TIKTOK_AUDITED !== 'no', pkce };
  const isAudited = read.TIKTOK_AUDITED === 'yes';
  return {
    kind: 'live',
    mode: read.TIKTOK_MODE ?? (isAudited ? 'direct' : 'inbox'),
    isAudited,
    pkce,
    world: `key:${clientKey}`,
    clientKey,
    clientSecret,
    apiOrigin: read.TIKTOK_API_URL ?? 'https://open.tiktokapis.com',
    loginOrigin: read.TIKTOK_LOGIN_URL ?? 'https://www.tiktok.com',
  };
}

function readTelegram(read: SettingValues): TelegramConfig | null {
  const { TELEGRAM_BOT_TOKEN: token, TELEGRAM_API_ROOT: apiRoot, TELEGRAM_WEBHOOK: webhook } = read;
  return token === undefined ? null : { token, apiRoot: apiRoot ?? null, isWebhook: webhook === 'on' };
}

function readDiscord({ DISCORD_TOKEN: token, DISCORD_API_ROOT: apiRoot }: SettingValues): DiscordConfig | null {
  return token === undefined ? null : { token, apiRoot: apiRoot ?? null };
}

const MEDIA_STORE_FORM = 'MEDIA_STORE is not of the form s3://bucket?endpoint=https://...&region=...';

function readMediaStore(read: SettingValues, faults: string[]): S3Place | null {
  const { MEDIA_STORE: address, S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = read;
  if (address === undefined) return null;
  const url = URL.canParse(address) ? new URL(address) : null;
  const known = new Set(['endpoint', 'region', 'pathStyle']);
  const unknown = url && [...url.searchParams.keys()].find(name => !known.has(name));
  const endpoint = url?.searchParams.get('endpoint') ?? null;
  const isForm = url?.protocol === 's3:' && url.hostname && !url.username && !unknown;
  if (!isForm || (endpoint !== null && !/^https?:\/\/[^/?#@]+\/?$/.test(endpoint))) faults.push(MEDIA_STORE_FORM);
  if (accessKeyId === undefined || secretAccessKey === undefined)
    faults.push('MEDIA_STORE needs S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY');
  const prefix = url?.pathname.replaceAll(/^\/|\/$/g, '') ?? '';
  return {
    bucket: url?.hostname ?? '',
    prefix: prefix && `${prefix}/`,
    endpoint,
    region: url?.searchParams.get('region') ?? 'us-east-1',
    isPathStyle:
      url?.searchParams.get('pathStyle') === 'yes' ||
      (endpoint !== null && url?.searchParams.get('pathStyle') !== 'no'),
    accessKeyId: accessKeyId ?? '',
    secretAccessKey: secretAccessKey ?? '',
  };
}

const isLoopback = (hostname: string): boolean => /^(?:localhost|127(?:\.\d{1,3}){3}|\[?::1\]?)$/.test(hostname);

/** On while it is all there is to talk to the bot with; never by itself, or by PLAYGROUND=on, where others can reach it. */
function readPlayground(read: SettingValues, isProduction: boolean, faults: string[]): PlaygroundConfig {
  if (read.PLAYGROUND === 'off') return { kind: 'off', because: 'PLAYGROUND=off' };
  if (read.PLAYGROUND === 'public') return { kind: 'on', isPublic: true };
  const hostnames = [read.HOST, ...(read.PUBLIC_URL ? [new URL(read.PUBLIC_URL).hostname] : [])];
  const isHere = hostnames.every(hostname => hostname !== undefined && isLoopback(hostname));
  if (read.PLAYGROUND === 'on') {
    if (!isHere)
      faults.push(
        'PLAYGROUND=on is for this machine alone, and HOST or PUBLIC_URL lets others in; PLAYGROUND=public puts a password before it',
      );
    return { kind: 'on', isPublic: false };
  }
  if (isProduction) return { kind: 'off', because: 'in production' };
  if (read.TELEGRAM_BOT_TOKEN || read.DISCORD_TOKEN) return { kind: 'off', because: 'a chat platform is on' };
  if (!isHere) return { kind: 'off', because: 'others can reach this address' };
  return { kind: 'on', isPublic: false };
}

/** Whole values, and the parts of them that turn up alone: a driver's error may quote a password without its address. */
function* listSecrets(read: SettingValues): Generator<string> {
  const { MONGODB_URI: uri, TIKTOK_CLIENT_SECRET: clientSecret, TOKEN_KEYS: keys } = read;
  if (clientSecret) yield clientSecret;
  if (read.S3_SECRET_ACCESS_KEY) yield read.S3_SECRET_ACCESS_KEY;
  if (read.TELEGRAM_BOT_TOKEN) yield read.TELEGRAM_BOT_TOKEN;
  if (read.DISCORD_TOKEN) yield read.DISCORD_TOKEN;
  for (const entry of keys?.split(',') ?? []) yield entry.replace(/^\s*\w*:/, '').trim();
  const password = uri?.match(/^[^/]*\/\/[^:@/]*:([^@]+)@/)?.[1];
  if (uri) yield uri;
  if (password) yield percentDecode(password);
}

const isGiven = (env: Environment, name: SettingName): boolean =>
  Boolean(env[name]?.trim() || (SETTINGS[name].isSecret && env[`${name}_FILE`]?.trim()));

/** A setting's text, from `<NAME>_FILE` for secrets that are given so. Empty text counts as not set. */
function readText(env: Environment, name: SettingName, faults: string[]): string | undefined {
  const direct = env[name]?.trim() || undefined;
  const path = SETTINGS[name].isSecret ? env[`${name}_FILE`]?.trim() : undefined;
  if (!path) return direct;
  if (direct) faults.push(`${name} and ${name}_FILE are both set; only one may be`);
  try {
    const text = readFileSync(path, 'utf8').trim();
    // An empty file is a mistake, not a setting left out: a key generated in its place would seal tokens that nobody can open later.
    if (!text) faults.push(`${name}_FILE names an empty file: ${path}`);
    return text || undefined;
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? error.code : error;
    faults.push(`${name}_FILE names a file that cannot be read (${reason}): ${path}`);
    return undefined;
  }
}

function readKeyring(text: string, faults: string[]): Keyring | null {
  const result = parseKeyring(text);
  if ('fault' in result) faults.push(`TOKEN_KEYS: ${result.fault}`);
  return 'fault' in result ? null : result.keyring;
}
