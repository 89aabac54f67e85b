// Telegram behind the chat port: updates in by polling or webhook, Replies out as messages.

import { BotError } from 'grammy';
import type { Message, Update } from 'grammy/types';
import type { Adapter, AdapterLimits, OutgoingMessage, SendOutcome } from '../../chat/adapter.ts';
import type { Dispatch } from '../../chat/dispatch.ts';
import { AppError, isAppError } from '../../domain/errors.ts';
import { createBot, describeFailure, isTooBig, readFailure, type TelegramApi } from './client.ts';
import { createClipOffers, type RemoteFile } from './clips.ts';
import { openDownload } from './download.ts';
import { createHints, type MutedHints } from './hints.ts';
import { createInbox, type Inbox } from './inbox.ts';
import { type MenuItem, setMenu } from './menu.ts';
import { createMessenger } from './messenger.ts';
import { asStartFault, createPolling, type Polling } from './polling.ts';
import { PROGRESS_TIMING, type ProgressTiming, showProgress } from './progress.ts';
import { PLATFORM } from './read-message.ts';
import { isFromTelegram, readUpdate, webhookSecret } from './webhook.ts';

/** Where the Bot API is unless the operator runs a server of their own. */
export const CLOUD_API_ROOT = 'https://api.telegram.org';

/** What the cloud hands to bots (core.telegram.org/bots/api#getfile); a server of one's own has no bound. */
const CLOUD_FILE_LIMIT_BYTES = 20 * 1024 * 1024;
const STALL_MS = 30_000;
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
  readonly clock: () => number;
  readonly log: TelegramLog;
  readonly stallMs?: number;
  readonly progress?: ProgressTiming;
}

export interface TelegramLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

export interface TelegramAdapter extends Adapter {
  /** Null until Telegram has said who the bot is. */
  readonly username: string | null;
  /** Takes what was posted to the webhook: `false` where it did not come from Telegram. Handles it after returning. */
  takePosted(secret: unknown, body: unknown): boolean;
}

export function createTelegramAdapter(options: TelegramOptions): TelegramAdapter {
  const { token, apiRoot, log, clock } = options;
  const bot = createBot(token, apiRoot);
  const messenger = createMessenger(
    bot.api,
    clock,
    options.menu.map(({ name }) => name),
  );
  const stopping = new AbortController();
  const limitBytes = apiRoot === CLOUD_API_ROOT ? CLOUD_FILE_LIMIT_BYTES : null;
  const posted = new Set<Promise<void>>();
  let inbox: Inbox | null = null;
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

  async function findPath({ fileId, sizeBytes }: RemoteFile, signal: AbortSignal): Promise<string> {
    try {
      const { file_path: path } = await bot.api.getFile(fileId, signal as Parameters<TelegramApi['getFile']>[1]);
      if (path !== undefined) return path;
      throw new AppError('clip_fetch_failed', { reason: 'no path' });
    } catch (error) {
      // Messages do not always state a size, and a server of one's own may keep the cloud's bounds (without --local).
      if (isTooBig(error))
        throw new AppError('clip_too_large_here', {
          limitBytes: CLOUD_FILE_LIMIT_BYTES,
          ...(sizeBytes !== null && { sizeBytes }),
        });
      if (isAppError(error)) throw error;
      throw new AppError('clip_fetch_failed', { reason: readFailure(error).kind });
    }
  }

  async function openFile(file: RemoteFile, message: Message, signal: AbortSignal) {
    const path = await findPath(file, signal);
    const warn = (error: unknown) => log.warn(describeFailure(error), 'the progress of a clip could not be shown');
    const chatId = String(message.chat.id);
    const progress = showProgress(messenger, chatId, file.sizeBytes, options.progress ?? PROGRESS_TIMING, warn);
    try {
      const stream = await openDownload(path, file.sizeBytes, {
        apiRoot,
        token,
        stallMs: options.stallMs ?? STALL_MS,
        onBytes: progress.add,
        signal,
      });
      return stream.once('close', progress.end);
    } catch (error) {
      await progress.end();
      throw error;
    }
  }

  /** grammY wraps a failure together with its own context, which has the token in it. */
  const handle = (update: Update): Promise<void> =>
    bot.handleUpdate(update).catch(error => {
      throw error instanceof BotError ? error.error : error;
    });
  bot.use(async ctx => {
    await inbox?.handle(ctx.update);
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
      offerClips: createClipOffers(limitBytes, openFile),
      hints: createHints(messenger, options.mutedHints),
      log,
      signal: stopping.signal,
    });
    if (await setMenu(bot.api, options.menu)) log.info({}, 'the commands menu on Telegram was set');
    if (options.webhookUrl === null) {
      await bot.api.deleteWebhook();
      polling = createPolling({ api: bot.api, allowedUpdates: UPDATES, handle, log });
      await polling.begin();
    } else {
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
        if (readFailure(error).kind !== 'wait') return void log.error({}, String(asStartFault(error)));
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
      stopping.abort();
      await connecting;
      await settled;
      await Promise.all(posted);
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
        return { kind: 'sent', messageRef: await messenger.show(chatId, reply, { answers, silent }) };
      } catch (error) {
        const failure = readFailure(error);
        if (failure.kind === 'wait') return { kind: 'retryAfter', delayMs: failure.delayMs };
        if (failure.kind === 'blocked') return { kind: 'unreachable' };
        throw error;
      }
    },

    takePosted(secret, body) {
      const update = readUpdate(body);
      if (!isFromTelegram(token, secret) || !update || !inbox) return false;
      const task = handle(update)
        .catch(error => log.warn(describeFailure(error), 'a posted update was cut off'))
        .finally(() => posted.delete(task));
      posted.add(task);
      return true;
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
