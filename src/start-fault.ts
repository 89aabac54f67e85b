// Why a start failed, in a sentence for whoever started it. Pure.

import { format } from 'node:util';
import { wordsFor } from './chat/explain.ts';
import { isAppError } from './domain/errors.ts';

/** What went wrong and what to do about it. May quote the error: whoever prints it hides secrets first. */
export function describeStartFault(error: unknown): string {
  if (isAppError(error, 'database_unavailable'))
    return `the database of MONGODB_URI does not answer${reasonOf(error.cause)}. Is it running, and are address and password right?`;
  if (isAppError(error)) return wordsFor(error);
  const { code, port } = (error ?? {}) as { readonly code?: unknown; readonly port?: unknown };
  if (code === 'EADDRINUSE')
    return `another program uses port ${port}. Stop it, or choose another with PORT (pages) or SIMULATOR_PORT (simulator).`;
  return error instanceof Error ? error.message : format(error);
}

const reasonOf = (cause: unknown): string => (cause instanceof Error ? ` (${cause.message})` : '');
