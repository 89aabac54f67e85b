// Replies onto Telegram: sent, edited in place, sent anew where the old message is gone. Waits when Telegram asks to.

import { setTimeout as sleep } from 'node:timers/promises';
import { InputFile } from 'grammy';
import type { ClipBlock, ClipPicture } from '../../chat/picture.ts';
import type { Reply } from '../../chat/reply.ts';
import { readFailure, type TelegramApi } from './client.ts';
import { type RenderedReply, renderReply } from './render.ts';

export interface Placing {
  /** The message to redraw. */
  readonly edits?: string | null;
  /** The message that this one answers. */
  readonly answers?: string | null;
  readonly silent?: boolean;
}

export type Messenger = ReturnType<typeof createMessenger>;

/** Somebody is waiting for the answer; whoever waits longer has gone. */
const TRIES = 5;
const CAPTION_LIMIT = 1024;
const LONGEST_WAIT_MS = 60_000;
/** Doubled with each try, where Telegram names no time. */
const FIRST_WAIT_MS = 500;

export function createMessenger(api: TelegramApi, clock: () => number, commands: readonly string[]) {
  const markup = ({ keyboard }: RenderedReply) => ({ inline_keyboard: keyboard });
  const preview = ({ previewUrl }: RenderedReply) =>
    previewUrl === null ? { is_disabled: true } : { url: previewUrl, prefer_small_media: true, show_above_text: true };

  async function send(chatId: string, reply: Reply, { answers = null, silent = false }: Placing): Promise<string> {
    const rendered = renderReply(reply, clock(), commands);
    const quiet = silent ? { disable_notification: true } : {};
    const sent = await api.sendMessage(chatId, rendered.html, {
      parse_mode: 'HTML',
      link_preview_options: preview(rendered),
      reply_markup: markup(rendered),
      ...quiet,
      ...(answers !== null && { reply_parameters: { message_id: Number(answers), allow_sending_without_reply: true } }),
    });
    for (const { name, content } of rendered.files)
      await api.sendDocument(chatId, new InputFile(Buffer.from(content), name), quiet);
    return String(sent.message_id);
  }

  /** False where there is nothing left to edit. */
  async function edit(chatId: string, messageRef: string, reply: Reply): Promise<boolean> {
    const rendered = renderReply(reply, clock(), commands);
    try {
      await api.editMessageText(chatId, Number(messageRef), rendered.html, {
        parse_mode: 'HTML',
        link_preview_options: preview(rendered),
        reply_markup: markup(rendered),
      });
      return true;
    } catch (error) {
      const failure = readFailure(error);
      if (failure.kind === 'unchanged') return true;
      if (failure.kind === 'gone') return false;
      throw error;
    }
  }

  return {
    edit,

    /** Shows a reply and gives its place. @throws GrammyError, or AppError `chat_unreachable`. */
    async show(chatId: string, reply: Reply, placing: Placing = {}): Promise<string> {
      const { edits = null } = placing;
      if (edits !== null && (await edit(chatId, edits, reply))) return edits;
      return send(chatId, reply, placing);
    },

    /** A small picture of a clip, without a sound of its own. @throws GrammyError, or AppError `chat_unreachable`. */
    async showPicture(chatId: string, { name }: ClipBlock, { data, extension }: ClipPicture): Promise<void> {
      const picture = new InputFile(data, `clip.${extension}`);
      await api.sendPhoto(chatId, picture, { caption: name.slice(0, CAPTION_LIMIT), disable_notification: true });
    },

    /** Removes a message; one that cannot be removed (older than two days) stays. */
    async remove(chatId: string, messageRef: string): Promise<void> {
      try {
        await api.deleteMessage(chatId, Number(messageRef));
      } catch (error) {
        const { kind } = readFailure(error);
        if (kind === 'wait') throw error;
      }
    },
  };
}

/** Repeats `task` while Telegram asks to wait or cannot be reached, as long as somebody would still wait for it. */
export async function patiently<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await task();
    } catch (error) {
      const failure = readFailure(error);
      if (failure.kind !== 'wait' || tries === TRIES) throw error;
      const delayMs = failure.isAsked ? failure.delayMs : FIRST_WAIT_MS * 2 ** (tries - 1);
      if (delayMs > LONGEST_WAIT_MS) throw error;
      await sleep(delayMs, undefined, { signal });
    }
  }
}
