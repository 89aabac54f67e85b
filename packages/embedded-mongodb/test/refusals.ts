/** A server with a small collection `c`, and what it refuses of commands. */
import type { Document } from 'mongodb';
import { startTarget } from './target.ts';

export async function startRefusals() {
  const { db, isEmbedded } = await startTarget();
  await db.collection('c').insertOne({ _id: 1, a: 1, s: 'x', arr: [1, 2] } as never);
  await db.collection('c').createIndex({ a: 1 });
  return {
    db,
    strict: { skip: !isEmbedded && "the other server's argument checks are loose" },
    /** The code with which it refuses a command, or the first statement of it. */
    async refusal(command: Document): Promise<number | undefined> {
      const reply = await db.command(command).catch((error: unknown) => error as Document);
      return reply.writeErrors?.[0]?.code ?? reply.code;
    },
  };
}
