// Somebody with the Telegram app: types, sends clips, taps what the keyboard shows. The same verbs as the headless person, so that
// the stories in test/flows are told on Telegram too.

import type { ChatMessage } from '#adapters/headless/adapter.ts';
import type { HeadlessPerson } from '#adapters/headless/person.ts';
import { renderText } from '#adapters/headless/render-text.ts';
import { decodeActionId, encodeActionId } from '#chat/action-id.ts';
import { type ClipOffer, isClip } from '#chat/invocation.ts';
import { type Block, button, type Choice, type Control, link, type Reply, reply, select, text } from '#chat/reply.ts';
import type { FakeTelegram } from './server.ts';
import type { FakeMessage, KeyboardButton } from './state.ts';

export interface TelegramPerson extends HeadlessPerson {
  readonly id: number;
  /** Sends anything that Telegram can: a round video, an animation, a reply, a forward. */
  send(message: object): Promise<ChatMessage>;
  /** A clip as Telegram describes it, ready for `send`. */
  describeClip(offer: ClipOffer, kind?: 'video' | 'document', size?: { width: number; height: number }): object;
  /** Hands the update over without waiting for the bot. */
  post(message: object): number;
  /** The message id of a message of the person's own, the newest first. */
  ownMessageId(back?: number): number;
}

const WAIT_MS = 15_000;
const VIDEO_SIZE = { width: 1080, height: 1920 };

export function createTelegramPerson(
  fake: FakeTelegram,
  { id, name, clock = Date.now }: { id: number; name: string; clock?: () => number },
): TelegramPerson {
  const { state } = fake;
  const chat = state.chat(id);
  const from = { id, is_bot: false, first_name: name, language_code: 'en' };
  const shown = () => chat.messages.filter(({ isFromBot, isDeleted }) => isFromBot && !isDeleted);
  const newest = (): FakeMessage => {
    const [last] = shown().toSorted((a, b) => b.touched - a.touched);
    if (!last) throw new Error(`${name} got no answer`);
    return last;
  };
  /** What a button copies stands in the text already. */
  const read = ({ reply: shownReply }: ChatMessage = toChatMessage(newest())) =>
    renderText({ ...shownReply, blocks: shownReply.blocks.filter(({ kind }) => kind !== 'copy') }, clock());
  const isWanted = (wanted: string | RegExp, label: string) =>
    typeof wanted === 'string' ? label === wanted : wanted.test(label);

  /** What the person sends stands in the chat, and goes to the bot. */
  function compose(message: object): object {
    const words = 'text' in message ? String(message.text) : 'caption' in message ? String(message.caption) : '';
    const { message_id, date } = state.addMessage(id, { content: { text: words, entities: [] }, payload: message });
    return { message: { message_id, date, chat: { id, type: 'private', first_name: name }, from, ...message } };
  }

  async function send(...messages: object[]): Promise<ChatMessage> {
    const ids = messages.map(message => state.push(compose(message)));
    await fake.waitUntilHandled(ids, `${name}'s message to be handled; the chat shows:\n${readAll()}`);
    // A card answers the clip it is about; a question may follow it.
    const own = person.ownMessageId();
    return toChatMessage(shown().findLast(({ replyTo }) => replyTo === own) ?? newest());
  }

  const readAll = () =>
    shown()
      .map(message => read(toChatMessage(message)))
      .join('\n---\n');

  function describeClip(offer: ClipOffer, kind: 'video' | 'document' = 'video', size = VIDEO_SIZE): object {
    const sizeBytes = offer.sizeBytes ?? 0;
    const file_id = fake.addFile({ name: offer.name, sizeBytes, open: () => offer.open(new AbortController().signal) });
    const file = {
      file_id,
      file_unique_id: `u${file_id}`,
      file_name: offer.name,
      mime_type: 'video/mp4',
      file_size: sizeBytes,
    };
    return kind === 'video' ? { video: { ...file, ...size, duration: 6 } } : { document: file };
  }

  function find<T extends Control>(
    test: (control: Control) => control is T,
    what: string,
  ): { control: T; message: FakeMessage } {
    for (const message of shown().toReversed())
      for (const control of toChatMessage(message).reply.rows.flat()) if (test(control)) return { control, message };
    throw new Error(`${name} looked for ${what}; the chat shows:\n${readAll()}`);
  }

  async function tap(data: string, message: FakeMessage): Promise<ChatMessage> {
    const query = {
      id: `${id}-${state.answered.length}-${Math.random()}`,
      from,
      chat_instance: String(id),
      data,
      message: {
        message_id: message.message_id,
        date: message.date,
        chat: { id, type: 'private' },
        text: message.content.text,
      },
    };
    await fake.deliver({ callback_query: query });
    if (!state.answered.some(answer => answer.id === query.id))
      throw new Error(`${name}'s tap on ${data} was never acknowledged`);
    return toChatMessage(newest());
  }

  const person: TelegramPerson = {
    id,
    get messages() {
      return shown().map(toChatMessage);
    },
    read,
    send,
    describeClip,
    post: message => state.push(compose(message)),
    ownMessageId: (back = 0) => chat.messages.filter(({ isFromBot }) => !isFromBot).at(-1 - back)?.message_id ?? 0,
    command(command, options = {}) {
      const { video, ...words } = options;
      const typed = Object.values(words).filter(value => typeof value === 'string');
      // In Telegram's own way: the clip, with everything else written beside it.
      if (isClip(video)) return person.sendClips([video], typed.join('\n'));
      return send({ text: [`/${command.replaceAll('-', '_')}`, ...typed].join(' ') });
    },
    say: words => send({ text: words }),
    sendClips(clips, words = '') {
      const caption = words === '' ? {} : { caption: words };
      if (clips.length === 1 && clips[0]) return send({ ...describeClip(clips[0]), ...caption });
      const media_group_id = String(Math.floor(Math.random() * 1e12));
      return send(
        ...clips.map((clip, index) => ({ ...describeClip(clip), media_group_id, ...(index === 0 && caption) })),
      );
    },
    open: (payload = '') => send({ text: `/start ${payload}`.trim() }),
    idOf: label =>
      find(
        (one): one is Control & { kind: 'button' } => one.kind === 'button' && isWanted(label, one.label),
        `a button ${label}`,
      ).control.id,
    pressId: data => tap(data, newest()),
    press(label) {
      const { control, message } = find(
        (one): one is Control & { kind: 'button' } => one.kind === 'button' && isWanted(label, one.label),
        `a button ${label}`,
      );
      if (control.disabled) throw new Error(`${name} pressed ${control.label}, which is disabled:\n${read()}`);
      return tap(control.id, message);
    },
    async choose(placeholder, option) {
      for (;;) {
        const { control, message } = find(
          (one): one is Control & { kind: 'select' } => one.kind === 'select' && isWanted(placeholder, one.placeholder),
          `a choice ${placeholder}`,
        );
        const chosen = control.options.find(one => isWanted(option, one.label));
        if (chosen) return tap(optionId(control.id, chosen.value), message);
        const more = toChatMessage(message)
          .reply.rows.flat()
          .find(one => one.kind === 'button' && one.label.startsWith('More ('));
        if (more?.kind !== 'button')
          throw new Error(`${name} looked for ${option} in ${control.options.map(one => one.label).join(', ')}`);
        await tap(more.id, message);
      }
    },
    async fill(values) {
      let last = toChatMessage(newest());
      for (const value of Object.values(values))
        if (isClip(value)) last = await person.sendClips([value]);
        // Nobody can send nothing; a button of the question stands for it.
        else
          last =
            value === '' ? ((await person.press(/^Leave it empty$|^Skip$/)) as ChatMessage) : await person.say(value);
      // A screen's form has the other fields filled in; here they are asked for, and left as they are.
      for (;;) {
        const labels = last.reply.rows.flat().map(control => (control.kind === 'button' ? control.label : ''));
        const answer = ['Keep it', 'Skip'].find(label => labels.includes(label));
        if (!answer || !labels.includes('Cancel')) return last;
        last = (await person.press(answer)) as ChatMessage;
      }
    },
    linkOf(label) {
      return find(
        (one): one is Control & { kind: 'link' } => one.kind === 'link' && isWanted(label, one.label),
        `a link ${label}`,
      ).control.url;
    },
    async waitFor(matches, timeoutMs = WAIT_MS) {
      const test = (message: ChatMessage) =>
        typeof matches === 'function'
          ? matches(message.reply)
          : typeof matches === 'string'
            ? read(message).includes(matches)
            : matches.test(read(message));
      const findMatch = () => shown().map(toChatMessage).findLast(test);
      try {
        await fake.waitUntil(() => findMatch() !== undefined, `${matches}`, timeoutMs);
      } catch (error) {
        throw new Error(`${name} waited ${timeoutMs} ms for ${matches}; the chat shows:\n${readAll()}`, {
          cause: error,
        });
      }
      return findMatch() as ChatMessage;
    },
  };
  return person;
}

const optionId = (id: string, value: string) => {
  const { command, action, entity } = decodeActionId(id);
  return encodeActionId(command, action, entity, value);
};

/** The message as the shared stories read it. */
export function toChatMessage(message: FakeMessage): ChatMessage {
  const { words, links } = splitAddresses(message.content.text);
  const { document } = message;
  const copies = message.keyboard.flat().flatMap(({ copy_text: copy }) => (copy ? [copy.text] : []));
  const blocks: Block[] = [
    text(words),
    ...copies.map(copied => ({ kind: 'copy', text: copied }) as const),
    ...(document ? [{ kind: 'file', name: document.name, content: document.content.toString() } as const] : []),
  ];
  return {
    ref: String(message.message_id),
    reply: reply(blocks, { rows: [...readKeyboard(message.keyboard), links] }) as Reply,
    answers: message.replyTo === null ? null : String(message.replyTo),
    isSilent: message.isSilent,
  };
}

/** Links that Telegram opens for nobody stand in the text, to be copied. */
function splitAddresses(words: string): { words: string; links: Control[] } {
  const links: Control[] = [];
  const rest = words.replaceAll(/\n\n([^\n]+):\n(https?:\/\/\S+)/g, (_, label: string, url: string) => {
    links.push(link(label, url));
    return '';
  });
  return { words: rest, links };
}

/** Rows under a heading with an arrow are a choice, for as long as they belong to the same action. */
function readKeyboard(rows: readonly (readonly KeyboardButton[])[]): Control[][] {
  const controls: Control[][] = [];
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index] ?? [];
    const [first] = row;
    if (first?.callback_data !== 'header') {
      controls.push(row.map(toControl));
      continue;
    }
    const options: Choice[] = [];
    let of: string | null = null;
    for (let next = rows[index + 1]; next; next = rows[index + 1]) {
      const ids = next.map(({ callback_data = '' }) => callback_data);
      if (!ids.every(data => data.startsWith('v1:'))) break;
      const owner = ids.map(data => data.slice(0, data.lastIndexOf(':') + 1))[0] ?? '';
      if (
        !ids.every(data => data.startsWith(owner)) ||
        (of !== null && of !== owner) ||
        ids.some(data => data === owner)
      )
        break;
      of = owner;
      options.push(
        ...next.map(({ text: label, callback_data = '' }) => ({
          label: label.replace(/^✓ /, ''),
          value: callback_data.slice(owner.length),
          selected: label.startsWith('✓ '),
        })),
      );
      index++;
    }
    controls.push([select(of ?? '', first.text.replace(/ ▾$/, ''), options)]);
  }
  return controls;
}

function toControl({ text: label, url, callback_data: id = '' }: KeyboardButton): Control {
  if (url !== undefined) return link(label, url);
  return button(label.replace(/^🔒 /, ''), id, 'secondary', { disabled: label.startsWith('🔒 ') });
}
