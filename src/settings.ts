// Every setting that Clipcue reads, once: its name, what it means, and how its text is read. config.ts builds on this list, and a
// test keeps .env.example and the README equal to it.

import { isIP } from 'node:net';
import { z } from 'zod';

export interface Setting {
  /** One line for .env.example and the README. */
  readonly about: string;
  /** As it stands, commented out, in .env.example; usually the default. */
  readonly example: string;
  /** Secrets may also be given as a file's path in `<NAME>_FILE`, and never appear in a log. */
  readonly isSecret: boolean;
  readonly schema: z.ZodType<unknown, string | undefined>;
}

const setting = <T>(schema: z.ZodType<T, string | undefined>, example: string, about: string, isSecret = false) => ({
  schema,
  example,
  about,
  isSecret,
});

const port = (fallback: number) =>
  z
    .string()
    .regex(/^\d+$/, 'a port number')
    .transform(Number)
    .refine(value => value <= 65_535, 'a port number up to 65535')
    .default(fallback);

const webAddress = z
  .url({ protocol: /^https?$/, error: 'a web address such as https://clips.example.com' })
  // Paths are appended to it: a query or a fragment would swallow them, a name and password would go into every link.
  .refine(value => !/[?#@]/.test(value), 'a web address without "?", "#" and "@"')
  .transform(value => value.replace(/\/+$/, ''))
  .optional();

const choice = <const T extends readonly [string, ...string[]]>(values: T, fallback: T[number]) =>
  z.enum(values, { error: `one of ${values.join(', ')}` }).default(fallback as never);

/** As Fastify takes them; a wrong one would be found only with the first request. */
const proxies = z
  .string()
  .default('loopback')
  .transform(list => list.split(',').map(one => one.trim()))
  .refine(
    list => list.every(one => /^(loopback|linklocal|uniquelocal)$/.test(one) || isNetwork(one)),
    'a list such as loopback,10.0.0.0/8',
  );

function isNetwork(text: string): boolean {
  const [address = '', bits = '0', ...rest] = text.split('/');
  const widest = isIP(address) === 4 ? 32 : 128;
  return isIP(address) > 0 && rest.length === 0 && /^\d+$/.test(bits) && Number(bits) <= widest;
}

/** 4 GB is the most that TikTok takes (Content Posting API, Media Transfer Guide). */
const MEGABYTES = 'a whole number of megabytes from 1 to 4096';

export const SETTINGS = {
  PUBLIC_URL: setting(
    webAddress,
    'https://clips.example.com',
    'Address under which browsers reach Clipcue; without it http://localhost:PORT.',
  ),
  HOST: setting(z.string().default('127.0.0.1'), '127.0.0.1', 'Address to listen on; 0.0.0.0 for all.'),
  PORT: setting(port(3000), '3000', 'Port of the web pages.'),
  TRUST_PROXY: setting(
    proxies,
    'loopback',
    'Reverse proxies that may say where a request came from: addresses, networks, or loopback, linklocal, uniquelocal.',
  ),
  DATA_DIR: setting(z.string().default('data'), 'data', 'Folder for clips, keys and the embedded database.'),
  MONGODB_URI: setting(
    z
      .string()
      .regex(/^mongodb(\+srv)?:\/\/[^/?\s]+/, 'a connection string such as mongodb://localhost/clipcue')
      .optional(),
    'mongodb://localhost:27017/clipcue',
    'MongoDB to use in place of the embedded database.',
    true,
  ),
  TIKTOK_CLIENT_KEY: setting(
    z.string().min(1).optional(),
    'awxxxxxxxxxxxxxxxx',
    'Client key of your app at developers.tiktok.com; without it the simulator stands in for TikTok.',
  ),
  TIKTOK_CLIENT_SECRET: setting(z.string().min(1).optional(), 'xxxxxxxx', 'Client secret of the same app.', true),
  TIKTOK_MODE: setting(
    z.enum(['inbox', 'direct'], { error: 'inbox or direct' }).optional(),
    'inbox',
    'inbox: clips land in the TikTok inbox, to be finished there; direct: posted outright.',
  ),
  TIKTOK_AUDITED: setting(
    z.enum(['yes', 'no'], { error: 'yes or no' }).optional(),
    'no',
    'yes once TikTok has audited your app; until then posts can only be private.',
  ),
  TIKTOK_PKCE: setting(
    choice(['hex', 'base64url', 'off'], 'hex'),
    'hex',
    'How the PKCE challenge is written; TikTok documents hex.',
  ),
  TIKTOK_API_URL: setting(
    webAddress,
    'https://open.tiktokapis.com',
    'Where the TikTok API is; for tests against a simulator elsewhere.',
  ),
  TIKTOK_LOGIN_URL: setting(
    webAddress,
    'https://www.tiktok.com',
    'Where TikTok asks people for consent; for tests against a simulator elsewhere.',
  ),
  DISCORD_TOKEN: setting(
    z
      .string()
      .regex(/^(?!Bot )\S{20,}$/, 'a bot token as the Developer Portal gives it, without "Bot "')
      .optional(),
    'MTEx.Gxxxxx.xxxxxxxx',
    'Token of your Discord bot, from the Developer Portal; with it Clipcue works on Discord.',
    true,
  ),
  DISCORD_API_ROOT: setting(
    webAddress,
    'https://discord.com/api',
    'Where the Discord API is; for tests against one elsewhere.',
  ),
  TELEGRAM_BOT_TOKEN: setting(
    z
      .string()
      .regex(/^\d+:[\w-]{30,}$/, 'a token as @BotFather gives it, such as 123456789:AAH...')
      .optional(),
    '123456789:AAHxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx',
    'Token of your Telegram bot, from @BotFather; with it Clipcue works on Telegram.',
    true,
  ),
  TELEGRAM_API_ROOT: setting(
    webAddress,
    'http://127.0.0.1:8081',
    'Your own Telegram Bot API server, which hands out clips of up to 2 GB; without it Telegram’s, with 20 MB.',
  ),
  TELEGRAM_WEBHOOK: setting(
    choice(['on', 'off'], 'off'),
    'off',
    'on: Telegram calls PUBLIC_URL with new messages; off: Clipcue asks for them, which needs no public address.',
  ),
  ACCESS: setting(
    choice(['invited', 'everyone'], 'invited'),
    'invited',
    'Who may use the bot: invited (the owner, and people with an invitation) or everyone.',
  ),
  OWNERS: setting(
    z
      .string()
      .transform(text => text.split(',').map(one => one.trim()))
      .pipe(z.array(z.string().regex(/^[a-z]+:[\w.-]+$/, 'a list such as telegram:123,discord:456')))
      .default([]),
    'telegram:123456789,discord:123456789012345678',
    'Owners of the bot, as platform:user-id separated by commas; without it start prints a link that makes you the owner.',
  ),
  PLAYGROUND: setting(
    z.enum(['on', 'off', 'public'], { error: 'on, off or public' }).optional(),
    'on',
    'The chat page in the browser; on by itself until a chat platform or production is configured. public: also on a public address, behind a password that start prints.',
  ),
  SIMULATOR_PORT: setting(port(3010), '3010', 'Port of the TikTok simulator.'),
  TOKEN_KEYS: setting(
    z.string().min(1).optional(),
    'k1:base64-of-32-random-bytes',
    'Keys that seal TikTok tokens, "id:key" separated by commas, the first one active; without it a key file is made.',
    true,
  ),
  MAX_CLIP_MB: setting(
    z
      .string()
      .regex(/^\d+$/, MEGABYTES)
      .transform(Number)
      .refine(value => value >= 1 && value <= 4096, MEGABYTES)
      .default(4096),
    '4096',
    'Largest clip that is taken, in megabytes.',
  ),
  CLIPS_PER_PERSON_MB: setting(
    z
      .string()
      .regex(/^\d{1,9}$/, 'a whole number of megabytes')
      .transform(Number)
      .refine(value => value >= 1, 'a whole number of megabytes')
      .default(20_000),
    '20000',
    'Room for one person’s clips, those that wait and those that are still kept, in megabytes.',
  ),
  MEDIA_KEEP_DAYS: setting(
    z
      .string()
      .regex(/^\d{1,4}$/, 'a whole number of days')
      .transform(Number)
      .default(7),
    '7',
    'Days for which the clip of a finished or cancelled post is kept, so that it can be fixed or undone.',
  ),
  MEDIA_STORE: setting(
    z.string().optional(),
    's3://bucket/clips?endpoint=https://s3.example.com&region=eu-central-1',
    'Bucket of an S3-compatible store for clips, in place of DATA_DIR. Without endpoint: Amazon’s.',
  ),
  S3_ACCESS_KEY_ID: setting(z.string().min(1).optional(), 'AKIAXXXXXXXX', 'Access key for MEDIA_STORE.', true),
  S3_SECRET_ACCESS_KEY: setting(z.string().min(1).optional(), 'xxxxxxxx', 'Secret of the same access key.', true),
  FFPROBE_PATH: setting(
    z.string().min(1).optional(),
    '/usr/bin/ffprobe',
    'ffprobe, asked about clips that Clipcue cannot read by itself; without it they are refused.',
  ),
  FFMPEG_PATH: setting(
    z.string().min(1).optional(),
    '/usr/bin/ffmpeg',
    'ffmpeg, for the first picture of each clip on its card; without it a plain one is drawn.',
  ),
  LOG_LEVEL: setting(
    choice(['debug', 'info', 'warn', 'error', 'silent'], 'info'),
    'info',
    'How much is logged: debug, info, warn, error or silent.',
  ),
  OPERATOR_NAME: setting(
    z.string().max(200).optional(),
    'Clara Example',
    'Who runs this bot, for the privacy and terms pages that TikTok’s review asks for.',
  ),
  OPERATOR_CONTACT: setting(
    z.string().max(200).optional(),
    'clips@example.com',
    'Where people reach whoever runs this bot: a mail address or a web address, for the same pages.',
  ),
  NODE_ENV: setting(
    z.string().optional(),
    'production',
    'production makes a missing token key a fault, as MONGODB_URI does.',
  ),
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

/** What the settings are worth once read. */
export type SettingValues = { readonly [Name in SettingName]: z.output<(typeof SETTINGS)[Name]['schema']> };
