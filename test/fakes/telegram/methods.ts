// The Bot API's methods, with the checks that matter to a bot: lengths, ids, markup, who may be written to.

import { type FormattedText, parseHtml } from './html.ts';
import type { MultipartValue } from './multipart.ts';
import type { FakeMessage, FakeState, KeyboardButton } from './state.ts';

export class ApiRefusal extends Error {
  readonly status: number;
  readonly parameters: object | undefined;

  constructor(status: number, description: string, parameters?: object) {
    super(description);
    this.status = status;
    this.parameters = parameters;
  }
}

export type Payload = Readonly<Record<string, unknown>>;
export interface BotIdentity {
  readonly id: number;
  readonly username: string;
}

const TEXT_LIMIT = 4096;
const CALLBACK_LIMIT_BYTES = 64;
const COPY_LIMIT = 256;
const CLOUD_FILE_LIMIT_BYTES = 20 * 1024 * 1024;
const bad = (description: string) => new ApiRefusal(400, `Bad Request: ${description}`);

export function createMethods(state: FakeState, bot: BotIdentity, { isLocal }: { isLocal: boolean }) {
  function readText(payload: Payload): FormattedText {
    const raw = String(payload.text ?? '');
    let content: FormattedText;
    try {
      content = payload.parse_mode === 'HTML' ? parseHtml(raw) : { text: raw, entities: [] };
    } catch (error) {
      throw bad(error instanceof Error ? error.message : String(error));
    }
    if (content.text.trim() === '') throw bad('message text is empty');
    if (content.text.length > TEXT_LIMIT) throw bad('message is too long');
    return content;
  }

  function readKeyboard(payload: Payload): KeyboardButton[][] {
    const markup = payload.reply_markup as { inline_keyboard?: KeyboardButton[][] } | undefined;
    const rows = markup?.inline_keyboard ?? [];
    if (rows.length > 100 || rows.flat().length > 100) throw bad('reply markup is too long');
    for (const row of rows) {
      if (row.length > 8) throw bad('too many buttons in a row');
      for (const button of row) checkButton(button);
    }
    return rows;
  }

  function checkButton({ text, callback_data, url, copy_text, style }: KeyboardButton): void {
    if (!text) throw bad('text buttons are unallowed in the inline keyboard');
    const kinds = [callback_data, url, copy_text].filter(kind => kind !== undefined).length;
    if (kinds !== 1) throw bad('BUTTON_TYPE_INVALID');
    if (
      callback_data !== undefined &&
      (callback_data === '' || Buffer.byteLength(callback_data) > CALLBACK_LIMIT_BYTES)
    )
      throw bad('BUTTON_DATA_INVALID');
    if (url !== undefined && !/^(https?|tg):\/\//.test(url)) throw bad('BUTTON_URL_INVALID');
    // Telegram refuses addresses that only mean something on one machine.
    if (url !== undefined && /^https?:\/\/localhost(?=[:/]|$)/.test(url))
      throw bad(`inline keyboard button URL '${url}' is invalid: Wrong HTTP URL`);
    if (copy_text !== undefined && (copy_text.text === '' || copy_text.text.length > COPY_LIMIT))
      throw bad('BUTTON_COPY_TEXT_INVALID');
    if (style !== undefined && !['primary', 'success', 'danger'].includes(style)) throw bad('BUTTON_STYLE_INVALID');
  }

  function chatOf(payload: Payload) {
    const id = Number(payload.chat_id);
    if (!state.knows(id)) throw bad('chat not found');
    if (state.blockedBy.has(id)) throw new ApiRefusal(403, 'Forbidden: bot was blocked by the user');
    return state.chat(id);
  }

  function messageOf(payload: Payload, what: string): FakeMessage {
    const message = chatOf(payload).messages.find(({ message_id }) => message_id === Number(payload.message_id));
    if (!message || message.isDeleted) throw bad(`message to ${what} not found`);
    return message;
  }

  function ownMessageOf(payload: Payload): FakeMessage {
    const message = messageOf(payload, 'edit');
    if (!message.isFromBot) throw bad("message can't be edited");
    return message;
  }

  function send(payload: Payload, message: Pick<FakeMessage, 'content' | 'document' | 'photo'>): object {
    const chat = chatOf(payload);
    const reply = payload.reply_parameters as { message_id: number; allow_sending_without_reply?: boolean } | undefined;
    const answered = chat.messages.find(one => one.message_id === reply?.message_id && !one.isDeleted);
    if (reply && !answered && !reply.allow_sending_without_reply) throw bad('message to be replied not found');
    const sent = state.addMessage(chat.id, {
      ...message,
      isFromBot: true,
      keyboard: readKeyboard(payload),
      replyTo: answered?.message_id ?? null,
      // Text in a multipart body.
      isSilent: String(payload.disable_notification) === 'true',
    });
    return show(chat.id, sent);
  }

  const show = (chatId: number, { message_id, date, content }: FakeMessage) => ({
    message_id,
    date,
    chat: { id: chatId, type: state.chat(chatId).type },
    from: { id: bot.id, is_bot: true, first_name: 'Clipcue', username: bot.username },
    text: content.text,
    entities: content.entities,
  });

  const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

  return {
    getMe: () => ({
      id: bot.id,
      is_bot: true,
      first_name: 'Clipcue',
      username: bot.username,
      can_join_groups: true,
      can_read_all_group_messages: false,
      supports_inline_queries: false,
    }),

    sendMessage: (payload: Payload) => send(payload, { content: readText(payload) }),
    sendVideo: (payload: Payload) =>
      send(payload, { content: { text: String(payload.caption ?? '[video]'), entities: [] } }),
    sendPhoto(payload: Payload) {
      const photo = payload[String(payload.photo).replace(/^attach:\/\//, '')] as MultipartValue | undefined;
      if (typeof photo !== 'object') throw bad('there is no photo in the request');
      const caption = String(payload.caption ?? '');
      if (caption.length > 1024) throw bad('message caption is too long');
      return send(payload, { content: { text: caption, entities: [] }, photo });
    },
    sendDocument(payload: Payload) {
      const key = String(payload.document).replace(/^attach:\/\//, '');
      const document = payload[key] as MultipartValue | undefined;
      if (typeof document !== 'object') throw bad('there is no document in the request');
      return send(payload, { content: { text: String(payload.caption ?? ''), entities: [] }, document });
    },

    editMessageText(payload: Payload) {
      const message = ownMessageOf(payload);
      const content = readText(payload);
      const keyboard = readKeyboard(payload);
      if (isSame(content, message.content) && isSame(keyboard, message.keyboard))
        throw bad(
          'message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message',
        );
      message.content = content;
      message.keyboard = keyboard;
      state.touch(message);
      return show(Number(payload.chat_id), message);
    },
    editMessageReplyMarkup(payload: Payload) {
      const message = ownMessageOf(payload);
      const keyboard = readKeyboard(payload);
      if (isSame(keyboard, message.keyboard)) throw bad('message is not modified');
      message.keyboard = keyboard;
      state.touch(message);
      return show(Number(payload.chat_id), message);
    },
    deleteMessage(payload: Payload) {
      const message = messageOf(payload, 'delete');
      message.isDeleted = true;
      state.events.emit('changed');
      return true;
    },
    sendChatAction(payload: Payload) {
      chatOf(payload);
      return true;
    },
    answerCallbackQuery(payload: Payload) {
      const id = String(payload.callback_query_id);
      if (state.answered.some(answer => answer.id === id))
        throw bad('query is too old and response timeout expired or query ID is invalid');
      const text = typeof payload.text === 'string' ? payload.text : null;
      if (text !== null && text.length > 200) throw bad('MESSAGE_TOO_LONG');
      state.answered.push({ id, text, isAlert: payload.show_alert === true });
      state.events.emit('changed');
      return true;
    },

    getFile(payload: Payload) {
      const id = String(payload.file_id);
      const file = state.files.get(id);
      if (!file) throw bad('wrong file_id or the file is temporarily unavailable');
      if (!isLocal && file.sizeBytes > CLOUD_FILE_LIMIT_BYTES) throw bad('file is too big');
      return {
        file_id: id,
        file_unique_id: `u${id}`,
        file_size: file.sizeBytes,
        file_path: isLocal ? file.name : `videos/${id}`,
      };
    },

    setMyCommands(payload: Payload) {
      const commands = payload.commands as { command: string; description: string }[];
      for (const { command, description } of commands)
        if (!/^[a-z0-9_]{1,32}$/.test(command) || description.length < 1 || description.length > 256)
          throw bad('BOT_COMMAND_INVALID');
      state.commands.set(scopeOf(payload), commands);
      return true;
    },
    getMyCommands: (payload: Payload) => state.commands.get(scopeOf(payload)) ?? [],

    setWebhook(payload: Payload) {
      state.webhook = { url: String(payload.url), secret: String(payload.secret_token ?? '') };
      state.events.emit('update');
      return true;
    },
    deleteWebhook() {
      state.webhook = null;
      return true;
    },
    getWebhookInfo: () => ({
      url: state.webhook?.url ?? '',
      has_custom_certificate: false,
      pending_update_count: state.waiting.length,
    }),
  };
}

const scopeOf = ({ scope, language_code }: Payload): string =>
  `${(scope as { type?: string } | undefined)?.type ?? 'default'}:${language_code ?? ''}`;
