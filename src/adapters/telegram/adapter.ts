// Telegram behind the chat port: updates in by polling or webhook, Replies out as messages.

import { BotError } from 'grammy';
import type { Update } from 'grammy/types';
import type { Adapter, AdapterLimits, OutgoingMessage, SendOutcome } from '../../chat/adapter.ts';
import type { Dispatch } from '../../chat/dispatch.ts';
import type { PictureOf } from '../../chat/picture.ts';
import { AppError, isAppError } from '../../domain/errors.ts';
import { createArrivals } from './arrivals.ts';
import { createBot, describeFailure, readFailure, statusOf } from './client.ts';
import { createClipOffers } from './clips.ts';
import { type Custody, createCustody, type KeptUpdates } from './custody.ts';
import { DOWNLOAD_TIMING, type DownloadTiming } from './download.ts';
import { CLOUD_FILE_LIMIT_BYTES, createFiles } from './files.ts';
import { createHints, type MutedHints } from './hints.ts';
import { createInbox, type Inbox } from './inbox.ts';
import { type MenuItem, setMenu } from './menu.ts';
import { createMessenger } from './messenger.ts';
import { asStartFault, createPolling, type Polling } from './polling.ts';
import { PROGRESS_TIMING, type ProgressPlaces, type ProgressTiming } from './progress.ts';
import { PLATFORM } from './read-message.ts';
import { isFromTelegram, readUpdate, webhookSecret } from './webhook.ts';

/** Where the Bot API is unless the operator runs a server of their own. */
export const CLOUD_API_ROOT = 'https://api.telegram.org';

/**
 * What a poll hands out may hold back what comes after it for so long: answers come sooner even when many people write at once, and
 * cost no write more. A webhook is answered at once.
 */
const PATIENCE_MS = 2_000;
const RECONNECT_MS = 2_000;
/** More would only cover the card. */
const OPTIONS_AT_ONCE = 8;
const UPDATES = ['message', 'callback_query'] as const;

export interface TelegramOptions {
  readonly token: string;
  readonly apiRoot: string;
  /** Where Telegram posts updates; null polls for them. */
  readonly webhookUrl: string | null;
  readonly menu: readonly MenuItem[];
  readonly mutedHints: MutedHints;
  /** Not there: clips that came otherwise than by this chat are not shown. */
  readonly pictureOf?: PictureOf;
  readonly progressPlaces: ProgressPlaces;
  readonly keptUpdates: KeptUpdates;
  readonly clock: () => number;
  readonly log: TelegramLog;
  readonly timing?: Partial<ClipTiming>;
}

/** How clips are waited for, and how that is told. */
export type ClipTiming = DownloadTiming & ProgressTiming;

export interface TelegramLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

export interface TelegramAdapter extends Adapter {
  /** Null until Telegram has said who the bot is. */
  readonly username: string | null;
  /** Takes what was posted to the webhook: `foreign` where it did not come from Telegram, which is to send it again where `later`. */
  takePosted(secret: unknown, body: unknown): Promise<'taken' | 'later' | 'foreign'>;
}

export function createTelegramAdapter(options: TelegramOptions): TelegramAdapter {
  const { token, apiRoot, log, clock } = options;
  const bot = createBot(token, apiRoot);
  const messenger = createMessenger(
    bot.api,
    clock,
    options.menu.map(({ name }) => name),
  );
  const { pictureOf } = options;
  const showArrivals = pictureOf && createArrivals({ messenger, pictureOf, log });
  const stopping = new AbortController();
  const limitBytes = apiRoot === CLOUD_API_ROOT ? CLOUD_FILE_LIMIT_BYTES : null;
  let inbox: Inbox | null = null;
  let custody: Custody | null = null;
  let polling: Polling | null = null;
  let connecting: Promise<void> = Promise.resolve();

  const limits: AdapterLimits = {
    forms: false,
    fieldsAtOnce: null,
    edits: true,
    deduplicatesSends: false,
    get deepLink() {
      if (!bot.isInited()) return null;
      const { username } = bot.botInfo;
      return (payload: string) => `https://t.me/${username}?start=${payload}`;
    },
    linkPage: false,
    optionsAtOnce: OPTIONS_AT_ONCE,
    redelivers: true,
    maxClipBytes: limitBytes,
    opensItself: false,
  };

  /** grammY wraps a failure together with its own context, which has the token in it. */
  const handle = (update: Update): Promise<void> =>
    bot.handleUpdate(update).catch(error => {
      throw error instanceof BotError ? error.error : error;
    });
  bot.use(async ctx => {
    await inbox?.handle(ctx.update);
  });

  const open = createFiles({
    ...{ api: bot.api, apiRoot, token, messenger, log, stopping: stopping.signal },
    progressPlaces: options.progressPlaces,
    timing: { ...DOWNLOAD_TIMING, ...PROGRESS_TIMING, ...options.timing },
  });

  /** @throws GrammyError, or AppError `chat_unreachable`. */
  async function connect(dispatch: Dispatch): Promise<void> {
    bot.botInfo = await bot.api.getMe();
    inbox ??= createInbox({
      api: bot.api,
      messenger,
      dispatch,
      limits,
      bot: bot.botInfo,
      offerClips: createClipOffers(limitBytes, open),
      hints: createHints(messenger, options.mutedHints),
      log,
      signal: stopping.signal,
    });
    custody ??= createCustody({
      kept: options.keptUpdates,
      botId: bot.botInfo.id,
      patienceMs: options.webhookUrl === null ? PATIENCE_MS : 0,
      handle,
      log,
    });
    if (await setMenu(bot.api, options.menu)) log.info({}, 'the commands menu on Telegram was set');
    if (options.webhookUrl === null) {
      await bot.api.deleteWebhook();
      polling = createPolling({ api: bot.api, allowedUpdates: UPDATES, take: custody.take, log });
      await polling.begin(await custody.inherit());
    } else {
      for (const update of await custody.inherit()) await custody.take(update);
      await bot.api.setWebhook(options.webhookUrl, { secret_token: webhookSecret(token), allowed_updates: UPDATES });
    }
    log.info({ bot: `@${bot.botInfo.username}` }, 'Telegram is connected');
  }

  /** Telegram being away keeps nothing else from starting: it is asked until it answers. */
  async function reconnect(dispatch: Dispatch): Promise<void> {
    while (!stopping.signal.aborted) {
      await pause(RECONNECT_MS, stopping.signal);
      try {
        return await connect(dispatch);
      } catch (error) {
        // What is no word of Telegram's, such as a database that is away, passes like Telegram's own absence.
        if (statusOf(error) !== null && readFailure(error).kind !== 'wait')
          return void log.error({}, String(asStartFault(error)));
      }
    }
  }

  return {
    platform: PLATFORM,
    limits,

    fault: () => polling?.fault() ?? null,
    calledAs: () => (bot.isInited() ? `@${bot.botInfo.username}` : null),

    chatUrl: () => (bot.isInited() ? `https://t.me/${bot.botInfo.username}` : null),

    get username() {
      return bot.isInited() ? bot.botInfo.username : null;
    },

    async start(dispatch) {
      try {
        await connect(dispatch);
      } catch (error) {
        if (!isAppError(error, 'chat_unreachable')) throw asStartFault(error);
        log.warn(describeFailure(error), 'Telegram cannot be reached; everything else works meanwhile');
        connecting = reconnect(dispatch);
      }
    },

    async stop() {
      await polling?.halt();
      const settled = inbox?.settle();
      stopping.abort(new AppError('aborted'));
      await connecting;
      await settled;
      await custody?.settle();
      await polling
        ?.confirm()
        .catch(error => log.warn(describeFailure(error), 'Telegram was not told what was handled'));
    },

    async send(chatId: string, message: OutgoingMessage): Promise<SendOutcome> {
      const { reply, answers, edits, silent } = message;
      try {
        if (edits !== null) {
          // A card that is gone needs no new one: the notice has told the news.
          await messenger.edit(chatId, edits, reply);
          return { kind: 'sent', messageRef: edits };
        }
        await showArrivals?.(chatId, reply);
        return { kind: 'sent', messageRef: await messenger.show(chatId, reply, { answers, silent }) };
      } catch (error) {
        const failure = readFailure(error);
        if (failure.kind === 'wait') return { kind: 'retryAfter', delayMs: failure.delayMs };
        if (failure.kind === 'blocked') return { kind: 'unreachable' };
        throw error;
      }
    },

    async takePosted(secret, body) {
      const update = readUpdate(body);
      if (!isFromTelegram(token, secret) || !update) return 'foreign';
      if (!custody) return 'later';
      try {
        await custody.take(update);
        return 'taken';
      } catch {
        // Cut off by the stop; its custody has said so.
        return 'later';
      }
    },
  };
}

const pause = (ms: number, signal: AbortSignal) =>
  new Promise<void>(resolve => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
