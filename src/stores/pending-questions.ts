// What is kept of a chat between two messages, on platforms that ask one question at a time: the open question, the newest card
// with its buttons, the advice that is not wanted again, the line about a clip on its way. One small document a chat, gone with the person.

import { type Connection, Schema } from 'mongoose';
import type { Person } from '../chat/invocation.ts';
import type { ChatMemories, ChatMemory } from '../chat/one-by-one.ts';
import type { Identity } from '../domain/user.ts';

interface StoredMemory extends ChatMemory {
  readonly _id: string;
  readonly schemaVersion: number;
  readonly mutedHints: readonly string[];
  /** The line that says how far a clip is, while there is one. */
  readonly progressRef?: string | null;
}

const schema = new Schema<StoredMemory>(
  {
    _id: String,
    schemaVersion: { type: Number, default: 1 },
    // Both are written and read whole, in the shapes of chat/question.ts and chat/reply.ts.
    question: { type: Schema.Types.Mixed, default: null },
    shown: { type: Schema.Types.Mixed, default: null },
    mutedHints: [String],
    progressRef: String,
  },
  { collection: 'pendingQuestions', strict: 'throw', versionKey: false, minimize: false },
);

type Chat = Pick<Person, 'platform' | 'chatId' | 'personId'>;
const keyOf = ({ platform, chatId, personId }: Chat) => `${platform}:${chatId}:${personId}`;

export type PendingQuestionStore = ReturnType<typeof createPendingQuestionStore>;

export function createPendingQuestionStore(connection: Connection) {
  const model = connection.model<StoredMemory>('PendingQuestion', schema);
  const change = async (person: Chat, update: object): Promise<void> => {
    await model.updateOne({ _id: keyOf(person) }, { ...update, $setOnInsert: { schemaVersion: 1 } }, { upsert: true });
  };
  const find = (person: Chat) => model.findById(keyOf(person)).lean<StoredMemory | null>();

  const memories: ChatMemories = {
    async read(person) {
      const stored = await find(person);
      return { question: stored?.question ?? null, shown: stored?.shown ?? null };
    },
    async keepQuestion(person, question) {
      // A chat that never had one needs no document to say so.
      if (question === null) await model.updateOne({ _id: keyOf(person) }, { $set: { question } });
      else await change(person, { $set: { question } });
    },
    async placeQuestion(person, questionId, messageRef) {
      await model.updateOne(
        { _id: keyOf(person), 'question.id': questionId },
        { $set: { 'question.questionRef': messageRef } },
      );
    },
    keepShown: (person, shown) => change(person, { $set: { shown } }),
  };

  return {
    model,
    ...memories,

    async isMuted(person: Chat, hint: string): Promise<boolean> {
      return (await find(person))?.mutedHints.includes(hint) ?? false;
    },

    mute: (person: Chat, hint: string): Promise<void> => change(person, { $addToSet: { mutedHints: hint } }),

    async readProgress(person: Chat): Promise<string | null> {
      return (await find(person))?.progressRef ?? null;
    },

    writeProgress: (person: Chat, progressRef: string | null): Promise<void> =>
      change(person, { $set: { progressRef } }),

    /** Everything kept of these people's own chats. */
    async readAll(identities: readonly Identity[]): Promise<object[]> {
      return model.find({ _id: { $in: identities.map(keyOf) } }).lean();
    },

    async forget(identities: readonly Identity[]): Promise<void> {
      await model.deleteMany({ _id: { $in: identities.map(keyOf) } });
    },
  };
}
