// The Playground as a chat platform of the bot: a page in the browser, played by one or two people, with everything that it showed
// kept in the database.

import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { Adapter, AdapterLimits, OutgoingMessage, SendOutcome } from '../../chat/adapter.ts';
import type { Command } from '../../chat/command.ts';
import type { Answer, Dispatch } from '../../chat/dispatch.ts';
import type { Choice, Reply } from '../../chat/reply.ts';
import { AppError } from '../../domain/errors.ts';
import type { MessageMark, PlaygroundMessage, PlaygroundMessageStore } from '../../stores/playground-messages.ts';
import type { Door } from './door.ts';
import { PEOPLE, PLATFORM, type PlayedId, personOf, playedIn } from './people.ts';
import { addRoutes } from './routes.ts';
import { createStreams } from './streams.ts';
import { createUploads } from './uploads.ts';
import { type Act, type ActAnswer, spokenOf, toInvocation, toWire, toWireCommands } from './wire.ts';

export interface PlaygroundDeps<Services> {
  /** Where browsers reach the web server, without a path. */
  readonly publicUrl: string;
  readonly messages: PlaygroundMessageStore;
  readonly commands: readonly Command<Services>[];
  /** The simulator's address; null where the real TikTok is connected. */
  readonly simulatorOrigin: string | null;
  /** Says yes at the simulator for a person who only watches; null where the real TikTok is connected. */
  readonly consent: ((linkUrl: string, account: string) => Promise<string>) | null;
  /** A clip's bytes from the media store. @throws AppError `clip_gone`. */
  readonly openClip: (mediaId: string, range?: { first: number; last: number }) => Promise<Readable>;
  readonly clipSize: (mediaId: string) => Promise<number>;
  readonly door: Door;
  readonly clock: () => number;
}

export interface Playground extends Adapter {
  /** The page's address. */
  readonly url: string;
  /** To be printed at start; null where only this machine gets to the page. */
  readonly password: string | null;
  /** Puts the page's routes on the web server. */
  routes(app: FastifyInstance): Promise<void>;
}

/** What the routes ask for. */
export interface Conversation {
  act(act: Act): Promise<ActAnswer>;
  suggest(person: PlayedId, command: string, option: string, text: string): Promise<readonly Choice[]>;
  readState(): Promise<object>;
}

/** A place in the chat that the same event always gets: one that comes twice is shown once. */
const refOf = (key: string): string => createHash('sha256').update(key).digest('base64url').slice(0, 16);

export function createPlayground<Services>(deps: PlaygroundDeps<Services>): Playground {
  const { messages, clock } = deps;
  const url = `${deps.publicUrl}/playground`;
  const streams = createStreams();
  const uploads = createUploads(clipId => streams.say('wanted', { clipId }));
  const commands = toWireCommands(deps.commands);
  const running = new Set<Promise<unknown>>();
  let dispatch: Dispatch | null = null;
  let lastOrder = 0;

  const limits: AdapterLimits = {
    forms: true,
    fieldsAtOnce: null,
    edits: true,
    deduplicatesSends: true,
    deepLink: payload => `${url}?code=${encodeURIComponent(payload)}`,
    linkPage: true,
    optionsAtOnce: null,
    // A page whose request was cut off sends it again under the same id.
    redelivers: true,
    maxClipBytes: null,
    opensItself: true,
  };

  /** Microseconds, so that two messages of one millisecond keep their order. */
  const nextOrder = (): number => {
    lastOrder = Math.max(lastOrder + 1, clock() * 1000);
    return lastOrder;
  };

  const bot = (chatId: string, reply: Reply, mark: MessageMark, answers: string | null = null) => ({
    ...{ chatId, reply, mark, answers, order: nextOrder(), at: new Date(clock()) },
    ...{ text: '', clips: [] },
  });

  function show(person: PlayedId, message: PlaygroundMessage): void {
    streams.say('message', { person, message: toWire(message) });
  }

  async function showAll(person: PlayedId): Promise<void> {
    const all = await messages.list(personOf(person).chatId);
    streams.say('chat', { person, messages: all.map(toWire) });
  }

  /** Redraws a message, or adds it where it is gone. Gives its place. */
  async function place(
    person: PlayedId,
    edits: string | null,
    added: Omit<PlaygroundMessage, 'ref'> & { ref: string; reply: Reply },
  ): Promise<string> {
    const edited = edits === null ? null : await messages.edit(added.chatId, edits, added.reply);
    const shown = edited ?? (await messages.add(added));
    // The chat was forgotten while the bot answered: what the page still shows must go, too.
    if (edits !== null && !edited) await showAll(person);
    else show(person, shown);
    return shown.ref;
  }

  async function answerWith(act: Act, answer: Answer): Promise<ActAnswer> {
    if (answer.kind === 'none') return { form: null };
    if (answer.kind === 'form') return { form: answer.form };
    const { chatId } = personOf(act.person);
    const mark = answer.visibility === 'private' ? 'private' : null;
    const ref = await place(act.person, answer.edits, {
      ref: refOf(`${act.id}:answer`),
      ...bot(chatId, answer.reply, mark),
    });
    await answer.shown(ref);
    if (answer.removes.length > 0) {
      await messages.remove(chatId, answer.removes);
      await showAll(act.person);
    }
    if (answer.next) {
      const next = await messages.add({ ref: refOf(`${act.id}:next`), ...bot(chatId, answer.next.reply, mark) });
      show(act.person, next);
      await answer.next.shown(next.ref);
    }
    return { form: null };
  }

  async function handle(act: Act): Promise<ActAnswer> {
    if (!dispatch) throw new AppError('chat_unreachable');
    const spoken = spokenOf(act);
    const { chatId } = personOf(act.person);
    if (spoken) {
      const said = { reply: null, mark: null, answers: null, order: nextOrder(), at: new Date(clock()) };
      show(act.person, await messages.add({ ref: act.id, chatId, ...said, ...spoken }));
    }
    const invocation = toInvocation(act, uploads.offer);
    return answerWith(act, await dispatch.handle(invocation, limits));
  }

  const conversation: Conversation = {
    act(act) {
      const task = handle(act).finally(() => running.delete(task));
      running.add(task);
      return task;
    },

    async suggest(person, command, option, text) {
      if (!dispatch) throw new AppError('chat_unreachable');
      return dispatch.suggest({ person: personOf(person), command, option, text }, limits);
    },

    async readState() {
      const chats = await Promise.all(
        PEOPLE.map(async ({ id }) => [id, (await messages.list(personOf(id).chatId)).map(toWire)] as const),
      );
      return {
        people: PEOPLE,
        chats: Object.fromEntries(chats),
        commands,
        wanted: uploads.wanted(),
        simulatorOrigin: deps.simulatorOrigin,
        canWatch: deps.consent !== null,
      };
    },
  };

  return {
    platform: PLATFORM,
    limits,
    url,
    chatUrl: () => url,
    password: deps.door.password,
    routes: app => addRoutes(app, { ...deps, conversation, streams, uploads }),

    async start(given) {
      dispatch = given;
    },

    async stop() {
      dispatch = null;
      uploads.stop();
      while (running.size > 0) await Promise.allSettled(running);
      streams.close();
    },

    async send(chatId: string, message: OutgoingMessage): Promise<SendOutcome> {
      const person = playedIn(chatId);
      if (!person) return { kind: 'unreachable' };
      const ref = refOf(message.idempotencyKey);
      const said = bot(chatId, message.reply, 'direct', message.answers);
      return { kind: 'sent', messageRef: await place(person, message.edits, { ref, ...said }) };
    },
  };
}
