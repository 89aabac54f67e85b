/** What a command gets to work with, and what one is. */
import type { Document, Value } from '../codec/values.ts';
import type { TimeSlice } from '../query/scan.ts';
import type { CommandError } from '../server/errors.ts';
import type { Catalog } from '../storage/catalog.ts';
import type { StorageFile } from '../storage/file.ts';
import type { Cursors } from './cursors.ts';

export type ServerState = {
  readonly file: StorageFile;
  readonly catalog: Catalog;
  readonly cursors: Cursors;
  readonly slice: TimeSlice;
  readonly startedAtMs: number;
  readonly connectionCount: () => number;
  /** Ends every other command that has begun with `error`: what it knows of the file is no longer true. */
  readonly endStarted: (error: CommandError) => void;
};

export type CommandContext = {
  readonly server: ServerState;
  readonly command: Document;
  readonly name: string;
  readonly database: string;
  readonly connectionId: number;
  /** Milliseconds since 1970 at which the command came: `$$NOW`, `$currentDate`. */
  readonly nowMs: number;
};

/** Runs in steps: each `yield` lets other commands run. Returns the reply without `ok`. */
export type Running = Generator<null, Document>;

/** A command that never takes long answers at once. */
export type Command = (context: CommandContext) => Running | Document;

export function variablesOf(context: CommandContext): Map<string, Value> {
  const variables = new Map<string, Value>([['NOW', { kind: 'date', ms: context.nowMs }]]);
  return variables;
}
