/** Sessions are accepted and mean nothing here; a standalone server has no transactions that could end. */
import { randomUUID } from 'node:crypto';
import { type Document, doc, int, type Value } from '../codec/values.ts';
import { CommandError } from '../server/errors.ts';
import { checkArguments, required } from './arguments.ts';
import type { Command, CommandContext } from './context.ts';
import { checkSessionId } from './generic-arguments.ts';
import { requireAdmin } from './names.ts';

export const SESSION_TIMEOUT_MINUTES = 30;

function startSession({ command }: CommandContext): Document {
  checkArguments(command, 'startSession', { startSession: 'any' });
  const bytes = Buffer.from(randomUUID().replaceAll('-', ''), 'hex');
  return doc({ id: doc({ id: { kind: 'binData', subtype: 4, bytes } }), timeoutMinutes: int(SESSION_TIMEOUT_MINUTES) });
}

/** `endSessions`, `refreshSessions` and `killSessions` take a list of session ids. */
function forgetSessions({ command, name }: CommandContext): Document {
  checkArguments(command, name, { [name]: 'array' });
  const ids = required(command, name, name) as Value[];
  for (const [position, id] of ids.entries()) checkSessionId(id, `${name}.${name}.${position}`);
  return doc({});
}

function endTransaction(context: CommandContext): Document {
  requireAdmin(context);
  const { name, command } = context;
  checkArguments(command, name, { [name]: 'any', recoveryToken: 'object' });
  throw new CommandError(125, `${name} must be run within a transaction`);
}

export const SESSIONS: Record<string, Command> = {
  startSession,
  endSessions: forgetSessions,
  refreshSessions: forgetSessions,
  killSessions: forgetSessions,
  commitTransaction: endTransaction,
  abortTransaction: endTransaction,
};
