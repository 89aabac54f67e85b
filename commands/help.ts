// /help: what the bot can do, in the order of the command list.

import { heading, type Reply, reply, text } from '#chat/reply.ts';
import type { ClipcueCommand } from './command.ts';

/** Builds /help for the commands it lists; it lists itself last. */
export function createHelp(commands: readonly ClipcueCommand[]): ClipcueCommand {
  const help: ClipcueCommand = {
    name: 'help',
    summary: 'What I can do',
    visibility: 'private',
    options: [],
    async run({ user }): Promise<Reply> {
      return reply([
        heading('Clipcue schedules your TikTok videos'),
        text(
          'Connect an account once, send a clip with a caption and a time, look at one card, press Schedule. I tell you when it is live.',
        ),
        ...[...commands, help]
          .filter(({ ownerOnly, isTyped }) => isTyped !== false && (!ownerOnly || user.role === 'owner'))
          .map(({ name, summary }) => text({ bold: `/${name}` }, `: ${summary}`)),
      ]);
    },
    actions: {},
    forms: {},
  };
  return help;
}
