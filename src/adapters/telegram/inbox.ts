// One update after the other within a chat: read, handed to the bot, answered. What cannot be answered ends in the log: the update
// counts as handled, since asking Telegram for it again would not change that.

import type { Message, Update } from 'grammy/types';
import type { AdapterLimits } from '../../chat/adapter.ts';
import type { Answer, Dispatch } from '../../chat/dispatch.ts';
import { wordsFor } from '../../chat/explain.ts';
import type { Invocation } from '../../chat/invocation.ts';
import { link, reply, text } from '../../chat/reply.ts';
import { AppError } from '../../domain/errors.ts';
import { readPastedAddress } from '../../domain/pasted-address.ts';
import { createAlbums } from './albums.ts';
import { describeFailure, readFailure, type TelegramApi } from './client.ts';
import { createCrowding, WAITING_AT_ONCE } from './crowding.ts';
import { eventKey } from './custody.ts';
import type { Hints } from './hints.ts';
import { createLanes } from './lanes.ts';
import { type Messenger, patiently } from './messenger.ts';
import { isMeant, type OfferClips, readCommand, readMessages, readPress } from './read-message.ts';
import { DISABLED, HEADER } from './render.ts';

export interface InboxDeps {
  readonly api: TelegramApi;
  readonly messenger: Messenger;
  readonly dispatch: Dispatch;
  readonly limits: AdapterLimits;
  readonly bot: { readonly id: number; readonly username: string };
  readonly offerClips: OfferClips;
  readonly hints: Hints;
  readonly log: { warn(facts: object, message: string): void; error(facts: object, message: string): void };
  /** Ends the waiting for Telegram, when the bot stops. */
  readonly signal: AbortSignal;
}

export interface Inbox {
  /** Rejects only where the bot stopped before its answer was out: the update is to be handled again. */
  handle(update: Update): Promise<void>;
  /** Waits for everything that is being handled. */
  settle(): Promise<void>;
}

/** What a press says that presses nothing. */
const TOASTS: ReadonlyMap<string | undefined, string> = new Map([
  [DISABLED, 'Not now. The card says why.'],
  [HEADER, 'Choose one below.'],
]);

export function createInbox(deps: InboxDeps): Inbox {
  const { api, messenger, dispatch, limits, bot, offerClips, hints, log, signal } = deps;
  const lanes = createLanes();
  const albums = createAlbums();
  const crowding = createCrowding();
  const keyOf = (updateId: number) => eventKey(bot.id, updateId);

  async function handleMessages(messages: readonly Message[], key: string): Promise<void> {
    const [first] = messages;
    const invocation = readMessages(messages, key, offerClips);
    if (!first || !invocation) return;
    await answer(invocation, String(first.message_id));
    // It held a key to somebody's account.
    if ('text' in invocation && readPastedAddress(invocation.text) !== null)
      await messenger.remove(invocation.person.chatId, String(first.message_id));
    if (invocation.kind === 'clips') await hints.afterClips(invocation.person, messages);
  }

  /** Hands over what happened and shows the answer. @throws AppError `aborted` where the stop cut it off. */
  async function answer(invocation: Invocation, cause: string | null): Promise<void> {
    const given = await dispatch.handle(invocation, limits);
    if (given.kind !== 'reply') return;
    if (given.refused === 'aborted' && signal.aborted) throw new AppError('aborted');
    await show(invocation, given, cause);
  }

  async function show(invocation: Invocation, given: Answer & { kind: 'reply' }, cause: string | null): Promise<void> {
    const { chatId } = invocation.person;
    // A clip's card answers the clip; other answers stand right beneath what they answer anyway.
    const answers = invocation.kind === 'clips' || invocation.kind === 'command' ? cause : null;
    const showIt = () => messenger.show(chatId, given.reply, { edits: given.edits, answers });
    // Strangers are told once or not at all: nothing waits for them.
    const ref = await (given.refused === 'access_denied' ? showIt() : patiently(showIt, signal));
    await given.shown(ref);
    for (const served of given.removes) await messenger.remove(chatId, served);
    const { next } = given;
    if (next) await next.shown(await patiently(() => messenger.show(chatId, next.reply), signal));
  }

  /** The button shows a spinner until then. After a restart it may be too late, and nobody waits for it. */
  async function acknowledge(query: NonNullable<Update['callback_query']>): Promise<void> {
    const toast = TOASTS.get(query.data);
    try {
      await api.answerCallbackQuery(query.id, toast === undefined ? {} : { text: toast, show_alert: true });
    } catch (error) {
      if (readFailure(error).kind !== 'gone') log.warn(describeFailure(error), 'a press was not acknowledged');
    }
  }

  async function handlePress(query: NonNullable<Update['callback_query']>, key: string): Promise<void> {
    const isOurs = !TOASTS.has(query.data) && query.message?.chat.type === 'private';
    const invocation = isOurs ? readPress(query, key) : null;
    if (invocation?.kind !== 'press') return;
    if (!(await hints.takePress(invocation))) await answer(invocation, null);
  }

  /** In a group nothing private may be said, so a command there gets the way to the private chat. */
  async function pointToPrivateChat(message: Message): Promise<void> {
    const command = readCommand(message.text ?? message.caption ?? '');
    if (!command || !isMeant(command, bot.username)) return;
    const words = wordsFor(new AppError('private_chat_only'));
    const way = reply([text(words)], { rows: [[link('Open our chat', `https://t.me/${bot.username}?start=`)]] });
    await messenger.show(String(message.chat.id), way, { answers: String(message.message_id) });
  }

  /** What waits for its turn when the bot stops is left for the next start: it must not overtake what was cut off. */
  const inTurn = (lane: string, task: () => Promise<void>): Promise<void> =>
    lanes.run(lane, async () => {
      signal.throwIfAborted();
      await task();
    });

  /** Answers the first message that is left out, so that the person sees where to go on. */
  async function tellOfCrowd(chatId: string, answers: string | null): Promise<void> {
    const words = wordsFor(new AppError('messages_left_out', { limit: WAITING_AT_ONCE }));
    await patiently(() => messenger.show(chatId, reply([text(words)]), { answers }), signal);
  }

  async function route(update: Update): Promise<void> {
    const { message, callback_query: query, update_id: id } = update;
    if (query) {
      // At once, even where the chat's turn is taken by a clip that comes slowly.
      const acknowledged = acknowledge(query);
      const lane = String(query.message?.chat.id ?? query.from.id);
      await crowding.run(
        lane,
        () => inTurn(lane, () => handlePress(query, keyOf(id))),
        () => tellOfCrowd(lane, null),
      );
      return acknowledged;
    }
    if (!message) return;
    const lane = String(message.chat.id);
    if (message.chat.type !== 'private') return inTurn(lane, () => pointToPrivateChat(message));
    return crowding.run(
      lane,
      () => routePrivate(message, keyOf(id)),
      () => tellOfCrowd(lane, String(message.message_id)),
    );
  }

  async function routePrivate(message: Message, key: string): Promise<void> {
    const lane = String(message.chat.id);
    if (message.media_group_id === undefined) return inTurn(lane, () => handleMessages([message], key));
    return albums.add(`${lane}:${message.media_group_id}`, message, gathered =>
      inTurn(lane, async () => handleMessages(await gathered, key)),
    );
  }

  return {
    async handle(update) {
      try {
        await route(update);
      } catch (error) {
        if (signal.aborted) throw error;
        logFailure(error, update.update_id);
      }
    },
    async settle() {
      albums.closeAll();
      await lanes.idle();
    },
  };

  function logFailure(error: unknown, updateId: number): void {
    const facts = { updateId, ...describeFailure(error) };
    if ('err' in facts) log.error(facts, 'a Telegram update could not be handled');
    else log.warn(facts, 'an answer did not reach Telegram');
  }
}
