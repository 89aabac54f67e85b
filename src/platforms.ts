// The chat platforms that the settings switch on. Each one's client library is loaded only then.

import type { ClipcueCommand } from '#commands/command.ts';
import type { ClipTiming } from './adapters/telegram/adapter.ts';
import type { KeptUpdates } from './adapters/telegram/custody.ts';
import type { Adapter } from './chat/adapter.ts';
import type { PictureOf } from './chat/picture.ts';
import type { Config } from './config.ts';
import type { Webhook } from './http/server.ts';
import type { Log } from './log.ts';
import type { MarkStore } from './stores/marks.ts';
import type { PendingQuestionStore } from './stores/pending-questions.ts';

export interface PlatformDeps {
  readonly config: Config;
  readonly log: Log;
  readonly clock: () => number;
  /** The commands that a platform may list for everybody. */
  readonly menu: readonly { readonly name: string; readonly summary: string }[];
  readonly chatMemory: PendingQuestionStore;
  readonly keptUpdates: KeptUpdates;
  /** How clips are waited for; as it is good for people where it is not set. */
  readonly clipTiming?: Partial<ClipTiming> | undefined;
  /** Everything that the bot answers to. */
  readonly commands: readonly ClipcueCommand[];
  readonly marks: MarkStore;
  readonly pictureOf: PictureOf;
}

export interface Platforms {
  readonly adapters: readonly Adapter[];
  readonly webhooks: readonly Webhook[];
}

export async function openPlatforms(deps: PlatformDeps): Promise<Platforms> {
  const { telegram, discord } = deps.config;
  const opened = [
    ...(telegram ? [await openTelegram(deps, telegram)] : []),
    ...(discord ? [await openDiscord(deps, discord)] : []),
  ];
  return { adapters: opened.map(({ adapter }) => adapter), webhooks: opened.flatMap(({ webhooks }) => webhooks) };
}

async function openTelegram(
  { config, log, clock, menu, chatMemory, keptUpdates, pictureOf, clipTiming = {} }: PlatformDeps,
  telegram: NonNullable<Config['telegram']>,
) {
  const { createTelegramAdapter, CLOUD_API_ROOT } = await import('./adapters/telegram/adapter.ts');
  const { WEBHOOK_PATH, SECRET_HEADER } = await import('./adapters/telegram/webhook.ts');
  // A private chat's id is its person's.
  const chat = (chatId: string) => ({ platform: 'telegram', chatId, personId: chatId });
  const adapter = createTelegramAdapter({
    token: telegram.token,
    apiRoot: telegram.apiRoot ?? CLOUD_API_ROOT,
    webhookUrl: telegram.isWebhook ? config.publicUrl + WEBHOOK_PATH : null,
    menu,
    mutedHints: chatMemory,
    progressPlaces: {
      read: chatId => chatMemory.readProgress(chat(chatId)),
      write: (chatId, messageRef) => chatMemory.writeProgress(chat(chatId), messageRef),
    },
    keptUpdates,
    pictureOf,
    timing: clipTiming,
    clock,
    log,
  });
  const webhook: Webhook = {
    path: WEBHOOK_PATH,
    take: (headers, body) => adapter.takePosted(headers[SECRET_HEADER], body),
  };
  return { adapter, webhooks: telegram.isWebhook ? [webhook] : [] };
}

async function openDiscord(
  { log, clock, commands, marks, pictureOf }: PlatformDeps,
  { token, apiRoot }: NonNullable<Config['discord']>,
) {
  const { createDiscordAdapter } = await import('./adapters/discord/adapter.ts');
  const { CDN_ORIGINS } = await import('./adapters/discord/attachments.ts');
  // A Discord that is somewhere else has its attachments there too.
  const cdnOrigins = apiRoot ? new Set([new URL(apiRoot).origin]) : CDN_ORIGINS;
  return {
    adapter: createDiscordAdapter({ token, apiRoot, cdnOrigins, commands, pictureOf, memory: marks, clock, log }),
    webhooks: [],
  };
}
