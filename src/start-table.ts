// What start prints: one line for each part, on or off, as whom, where, and the setting that changes it; then the addresses that
// TikTok's portal asks for. Pure.

import type { Config } from './config.ts';
import { CALLBACK_PATH } from './domain/pasted-address.ts';
import { TIKTOK_WEBHOOK_PATH } from './domain/tiktok-webhook-path.ts';

export interface StartFacts {
  readonly config: Config;
  /** The simulator's address; null where the real TikTok is connected. */
  readonly simulatorOrigin: string | null;
  /** The Playground's page; null where it is off. */
  readonly playground: { readonly url: string; readonly password: string | null } | null;
  /** "@my_clips_bot" for a chat platform that is on and has told who it is. */
  readonly nameOn: (platform: string) => string | null;
  /** Why nothing is done at TikTok; null where all is as usual. */
  readonly standby: 'restored' | 'moved' | null;
}

/** What is on or off, what there is to know about it, and which setting changes it. */
interface Line {
  readonly part: string;
  readonly isOn: boolean;
  readonly about: string;
  readonly setting: string;
}

/** The table and the addresses, as lines without colours. */
export function renderStartTable(facts: StartFacts): string {
  const lines = listParts(facts);
  const width = Math.max(...lines.map(({ part }) => part.length));
  const aboutWidth = Math.max(...lines.map(({ about }) => about.length));
  const table = lines.map(({ part, isOn, about, setting }) =>
    `  ${part.padEnd(width)}  ${isOn ? 'on ' : 'off'}  ${about.padEnd(aboutWidth)}  ${setting}`.trimEnd(),
  );
  return [...table, '', ...listAddresses(facts.config)].join('\n');
}

function listParts({ config, simulatorOrigin, playground, nameOn, standby }: StartFacts): Line[] {
  const isPractice = simulatorOrigin !== null;
  return [
    ...(standby ? [STANDBY_LINES[standby]] : []),
    playgroundLine(config, playground),
    {
      part: 'Simulator',
      isOn: isPractice,
      about: isPractice ? `${simulatorOrigin}/simulator stands in for TikTok` : 'the real TikTok is connected',
      setting: isPractice ? 'TIKTOK_CLIENT_KEY ends it' : '',
    },
    {
      part: 'Database',
      isOn: true,
      about: config.mongodbUri === null ? `embedded, in ${config.dataDir}` : 'MongoDB',
      setting: 'MONGODB_URI',
    },
    platformLine('Discord', config.discord !== null, nameOn('discord'), 'DISCORD_TOKEN'),
    platformLine('Telegram', config.telegram !== null, nameOn('telegram'), 'TELEGRAM_BOT_TOKEN'),
    {
      part: 'TikTok',
      isOn: config.tiktok.kind === 'live',
      about: tiktokWords(config),
      setting: config.tiktok.kind === 'live' ? 'TIKTOK_MODE' : 'TIKTOK_CLIENT_KEY, TIKTOK_CLIENT_SECRET',
    },
    {
      part: 'Media',
      isOn: true,
      about: `clips up to ${Math.round(config.maxClipBytes / 1e6)} MB, in ${mediaPlace(config)}`,
      setting: `${config.mediaStore === null ? 'DATA_DIR' : 'MEDIA_STORE'}, MAX_CLIP_MB`,
    },
  ];
}

const STANDBY_LINES: Record<NonNullable<StartFacts['standby']>, Line> = {
  restored: {
    part: 'Standby',
    isOn: true,
    about: 'restored from a backup: nothing is posted until you say that the old bot is off',
    setting: 'npm run restore -- --activate',
  },
  moved: {
    part: 'Standby',
    isOn: true,
    about: 'the data has moved to a MongoDB, where the work is done: nothing is posted from here',
    setting: 'MONGODB_URI',
  },
};

function playgroundLine({ playground }: Config, open: StartFacts['playground']): Line {
  if (open) {
    const about = open.password === null ? open.url : `${open.url} with the password ${open.password}`;
    return { part: 'Playground', isOn: true, about, setting: 'PLAYGROUND=off ends it' };
  }
  const about = playground.kind === 'off' ? playground.because : '';
  return { part: 'Playground', isOn: false, about, setting: 'PLAYGROUND' };
}

const mediaPlace = ({ mediaStore, dataDir }: Config): string =>
  mediaStore === null ? dataDir : `the bucket ${mediaStore.bucket}`;

const platformLine = (part: string, isOn: boolean, name: string | null, setting: string): Line => ({
  part,
  isOn,
  about: isOn ? (name === null ? 'token set' : `as ${name}`) : 'no token',
  setting,
});

function tiktokWords({ tiktok }: Config): string {
  if (tiktok.kind !== 'live') return 'practice: nothing reaches it';
  const fate = tiktok.mode === 'inbox' ? 'clips go to the TikTok inbox' : 'clips are posted outright';
  return `as ${tiktok.clientKey}; ${fate}${tiktok.isAudited ? '' : ', the app is not audited'}`;
}

/** What an app's page at developers.tiktok.com wants to know, to be copied as it stands. */
const listAddresses = ({ publicUrl }: Config): string[] => [
  'For TikTok’s portal (developers.tiktok.com):',
  `  Redirect URI      ${publicUrl}${CALLBACK_PATH}`,
  `  Webhook           ${publicUrl.startsWith('https:') ? publicUrl + TIKTOK_WEBHOOK_PATH : 'needs a PUBLIC_URL with https; without it TikTok is asked more often'}`,
  `  Web/Desktop URL   ${publicUrl}/`,
  `  Terms of Service  ${publicUrl}/terms`,
  `  Privacy Policy    ${publicUrl}/privacy`,
];
