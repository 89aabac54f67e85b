/** Outcomes as text that two servers must agree on: documents with their types, or an error's code. */
import { EJSON } from 'bson';
import { MongoServerError } from 'mongodb';

export type Outcome = { readonly text: string; readonly message: string };

export function show(result: unknown): string {
  return EJSON.stringify(result, { relaxed: false });
}

/** Without an order asked for, any order is right. */
export async function outcomeOf(run: () => Promise<unknown>, ordered: boolean): Promise<Outcome> {
  try {
    const result = await run();
    if (!Array.isArray(result)) return { text: show(result), message: '' };
    const documents = result.map(show);
    return { text: (ordered ? documents : documents.sort()).join('\n'), message: '' };
  } catch (error) {
    if (!(error instanceof MongoServerError)) throw error;
    return { text: `error ${error.code}`, message: error.message };
  }
}
