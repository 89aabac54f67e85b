// Messages that people write to the bot: clips to schedule, or words. The answer is a message in the same chat.

import type { Message } from 'discord.js';
import type { AdapterLimits } from '../../chat/adapter.ts';
import type { Dispatch } from '../../chat/dispatch.ts';
import type { Invocation } from '../../chat/invocation.ts';
import type { Compose } from './composing.ts';
import type { DirectMessages } from './direct-messages.ts';
import { isMessageGone } from './failures.ts';
import { createProgress, type Progress } from './progress.ts';
import { type DiscordMessage, renderSentence } from './render/message.ts';

/** "Typing" is shown for ten seconds after each time it is said. */
const TYPING_EVERY_MS = 8_000;

export interface DirectClipsDeps {
  readonly dispatch: Dispatch;
  readonly limits: AdapterLimits;
  readonly compose: Compose;
  readonly read: (message: Message, progress: Progress) => Invocation;
  readonly direct: DirectMessages;
  readonly log: { info(facts: object, message: string): void };
}

export async function answerMessage(message: Message, deps: DirectClipsDeps): Promise<void> {
  const { dispatch, limits, compose, direct, log } = deps;
  const { channelId } = message;
  /** The message that says how far the clip has come, and becomes the answer. */
  let place: string | null = null;

  const post = (content: DiscordMessage, name: string) =>
    direct.post(channelId, content, { idempotencyKey: `${message.id}.${name}`, answers: message.id });

  async function put(content: DiscordMessage): Promise<string> {
    if (place === null) return post(content, 'answer');
    try {
      await direct.edit(channelId, place, content);
      return place;
    } catch (error) {
      if (!isMessageGone(error)) throw error;
      return post(content, 'again');
    }
  }

  const progress = createProgress(
    async words => {
      place = await put(renderSentence(words));
    },
    { log },
  );
  const invocation = deps.read(message, progress);
  const showTyping = () =>
    direct.showTyping(channelId).catch(error => log.info({ reason: String(error) }, 'typing could not be shown'));
  if (invocation.kind === 'clips') void showTyping();
  const typing = setInterval(showTyping, TYPING_EVERY_MS);
  const answer = await dispatch.handle(invocation, limits).finally(async () => {
    clearInterval(typing);
    await progress.stop();
  });
  if (answer.kind !== 'reply') return;
  await answer.shown(await put(await compose(answer.reply)));
  if (answer.next) await answer.next.shown(await post(await compose(answer.next.reply), 'next'));
}
