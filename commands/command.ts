// A chat command of this product: the chat kit's shape with our services.

import type { Command, CommandContext, CommandSet } from '#chat/command.ts';
import type { Services } from '#services/services.ts';

export type ClipcueCommand = Command<Services>;
export type ClipcueCommandSet = CommandSet<Services>;
export type Context = CommandContext<Services>;
