// Words behind a command's name, where a platform has no named options: "/settings Berlin", "/posts held".

import { AppError } from '../domain/errors.ts';
import type { Command, CommandContext } from './command.ts';
import type { OptionValue } from './invocation.ts';

/**
 * All the words are the first option that words can fill; of a choice, they are the label or the value.
 * @throws AppError `clip_required` for a command about a clip, `choice_unknown` for a choice that is not offered.
 */
export async function readTypedOptions<Services>(
  command: Command<Services>,
  words: string,
  ctx: CommandContext<Services>,
): Promise<Readonly<Record<string, OptionValue>>> {
  if (command.options.some(({ kind, required }) => kind === 'video' && required)) throw new AppError('clip_required');
  const option = command.options.find(({ kind }) => kind !== 'video');
  if (words === '' || !option) return {};
  if (option.kind !== 'choice') return { [option.name]: words };
  const typed = words.toLowerCase();
  const offered = (await option.suggest?.(ctx, words)) ?? [];
  const chosen = offered.find(({ label, value }) => value.toLowerCase() === typed || label.toLowerCase() === typed);
  if (!chosen) throw new AppError('choice_unknown', { words, offered: offered.map(({ label }) => label).join(', ') });
  return { [option.name]: chosen.value };
}
