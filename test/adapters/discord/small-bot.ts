// A bot of a few commands on the Discord adapter and the real dispatch, without a database: what is tested is the adapter.

import { randomBytes, randomUUID } from 'node:crypto';
import { createDiscordAdapter, type DiscordAdapter } from '#adapters/discord/adapter.ts';
import type { Command } from '#chat/command.ts';
import { createDispatch } from '#chat/dispatch.ts';
import { askInParts } from '#chat/in-parts.ts';
import { type ClipOffer, isClip } from '#chat/invocation.ts';
import type { ChatMemories, ChatMemory } from '#chat/one-by-one.ts';
import { button, type Reply, reply, say, text } from '#chat/reply.ts';
import { AppError } from '#domain/errors.ts';
import type { User } from '#domain/user.ts';
import { createDiscordPerson, type DiscordPersonOptions } from '#test/fakes/discord/person.ts';
import { type FakeDiscord, startFakeDiscord } from '#test/fakes/discord/server.ts';

/** What the commands do, to be changed by tests. */
export interface Behaviour {
  /** What /work waits for before it answers. */
  work: () => Promise<unknown>;
  /** What the form's button waits for. */
  form: () => Promise<unknown>;
  /** Event keys, in the order in which handlers began. */
  readonly handled: string[];
}

const USER: User = {
  id: 'u'.repeat(16),
  identities: [],
  role: 'owner',
  zone: null,
  defaultAccountId: null,
  notices: 'each',
  latenessMs: 0,
};

/** As many as need three modals together with a clip. */
const QUESTIONS = Array.from({ length: 10 }, (_, index) => `question${index}`);

async function countBytes(clips: readonly ClipOffer[]): Promise<number> {
  let sizeBytes = 0;
  for (const clip of clips)
    for await (const chunk of await clip.open(AbortSignal.timeout(20_000))) sizeBytes += chunk.length;
  return sizeBytes;
}

const createCommands = (behaviour: Behaviour): Command<object>[] => [
  {
    name: 'work',
    summary: 'Works for a while',
    visibility: 'private',
    options: [{ name: 'clip', summary: 'A clip', kind: 'video', required: false }],
    async run({ eventKey }, { clip }): Promise<Reply> {
      behaviour.handled.push(eventKey);
      await behaviour.work();
      if (isClip(clip)) return say(`Got ${await countBytes([clip])} bytes.`);
      return reply([text('Worked.')], {
        rows: [[button('Again', 'v1:work:again::'), button('More', 'v1:work:more::'), button('Ask', 'v1:work:ask::')]],
      });
    },
    actions: {
      again: {
        answersWith: 'reply',
        visibility: 'private',
        async run({ eventKey }) {
          behaviour.handled.push(eventKey);
          await behaviour.work();
          return { ...say('Worked again.'), replaces: true };
        },
      },
      more: { answersWith: 'reply', visibility: 'private', run: async () => say('More.') },
      ask: {
        answersWith: 'form',
        async run() {
          await behaviour.form();
          return {
            id: 'v1:work:ask::',
            title: 'Say it',
            submitLabel: 'Send',
            fields: [{ name: 'words', label: 'Words', kind: 'line', required: true }],
          };
        },
      },
    },
    forms: {
      ask: { visibility: 'private', run: async (_ctx, { values }) => say(`You said ${values.words}.`) },
    },
  },
  {
    name: 'swap',
    summary: 'A card whose clip can be replaced',
    visibility: 'private',
    options: [],
    run: async () => reply([text('Old clip.')], { rows: [[button('Replace', 'v1:swap:clip::')]] }),
    actions: {
      clip: {
        answersWith: 'form',
        run: async () => ({
          id: 'v1:swap:clip::',
          title: 'Replace',
          submitLabel: 'Save',
          fields: [{ name: 'clip', label: 'The new clip', kind: 'video', required: true }],
        }),
      },
    },
    forms: {
      clip: {
        visibility: 'private',
        async run(_ctx, { values }) {
          if (!isClip(values.clip)) throw new AppError('clip_required');
          return { ...say(`New clip of ${await countBytes([values.clip])} bytes.`), replaces: true };
        },
      },
    },
  },
  {
    name: 'census',
    summary: 'A form that no modal holds',
    visibility: 'private',
    options: [],
    run: async () => reply([text('Please.')], { rows: [[button('Fill in', 'v1:census:all::')]] }),
    actions: {
      all: {
        answersWith: 'form',
        run: async () => ({
          id: 'v1:census:all::',
          title: 'Census',
          submitLabel: 'Send',
          fields: [
            { name: 'clip', label: 'Your clip', kind: 'video', required: true },
            ...QUESTIONS.map(name => ({ name, label: name, kind: 'line' as const, required: true })),
          ],
        }),
      },
    },
    forms: {
      all: {
        visibility: 'private',
        async run(_ctx, { values }) {
          const { clip } = values;
          if (!isClip(clip)) throw new AppError('clip_required');
          if (values.question0 === 'wrong') throw new AppError('form_invalid', { field: 'question0' });
          const answers = QUESTIONS.map(name => values[name]).join(', ');
          return { ...say(`${answers}; ${await countBytes([clip])} bytes.`), replaces: true };
        },
      },
    },
  },
  {
    name: 'shout',
    summary: 'For everybody to read',
    visibility: 'public',
    options: [],
    run: async () => say('Hello everybody.'),
    actions: {},
    forms: {},
  },
];

export interface SmallBot {
  readonly discord: FakeDiscord;
  readonly adapter: DiscordAdapter;
  readonly behaviour: Behaviour;
  readonly logLines: string[];
  /** Places that were kept, and how often somebody was in contact. */
  readonly contacts: string[];
  person(name: string, options?: Omit<DiscordPersonOptions, 'name'>): ReturnType<typeof createDiscordPerson>;
  stop(): Promise<void>;
}

export interface SmallBotOptions {
  readonly discord?: FakeDiscord;
  readonly token?: string;
  readonly memory?: Map<string, string>;
}

/** Builds the bot without starting it. */
export function createSmallBot(
  discord: FakeDiscord,
  { token = discord.token, memory = new Map() }: SmallBotOptions = {},
) {
  const behaviour: Behaviour = { work: async () => {}, form: async () => {}, handled: [] };
  const logLines: string[] = [];
  const contacts: string[] = [];
  const note = (facts: object, message: string) => void logLines.push(`${message} ${JSON.stringify(facts, describe)}`);
  const log = { info: note, warn: note, error: note };
  const commands = createCommands(behaviour);
  const adapter = createDiscordAdapter({
    token,
    apiRoot: discord.apiRoot,
    cdnOrigins: new Set([discord.origin]),
    commands,
    memory: {
      read: async name => memory.get(name) ?? null,
      write: async (name, value) => void memory.set(name, value),
    },
    clock: Date.now,
    log,
  });
  const answering = createDispatch<object>({
    set: {
      commands,
      clips: async (_ctx, clips, words) =>
        say(`${clips.length} clips of ${await countBytes(clips)} bytes with “${words}”.`),
      text: async (_ctx, words) => say(`You wrote ${words}.`),
      start: async () => say('Welcome.'),
    },
    services: {},
    admit: async () => USER,
    keepCard: async () => {},
    contacted: async ({ id }) => void contacts.push(id),
    clock: Date.now,
    newRequestId: () => randomUUID(),
    log,
  });
  const dispatch = askInParts(answering, {
    memories: createMemories(),
    newId: () => randomBytes(12).toString('base64url'),
  });
  return { adapter, dispatch, behaviour, logLines, contacts };
}

/** What the database keeps of chats. */
function createMemories(): ChatMemories {
  const questions = new Map<string, ChatMemory['question']>();
  return {
    read: async ({ personId }) => ({ question: questions.get(personId) ?? null, shown: null }),
    keepQuestion: async ({ personId }, question) => void questions.set(personId, question),
    placeQuestion: async () => {},
    keepShown: async () => {},
  };
}

const describe = (_key: string, value: unknown) => (value instanceof Error ? value.stack : value);

export async function startSmallBot(options: SmallBotOptions = {}): Promise<SmallBot> {
  const discord = options.discord ?? (await startFakeDiscord());
  const { adapter, dispatch, ...rest } = createSmallBot(discord, options);
  await adapter.start(dispatch);
  await discord.waitFor(() => discord.state.commands.length > 0, 'the commands to be registered');
  return {
    discord,
    adapter,
    ...rest,
    person: (name, personal = {}) => createDiscordPerson(discord, { name, ...personal }),
    async stop() {
      await adapter.stop();
      await discord.stop();
    },
  };
}
