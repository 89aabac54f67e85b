// What a line that begins with a slash means: its command, its options, and what could come next where the caret stands. Pure.

/** @typedef {import('../wire.ts').WireCommand} Command */
/** @typedef {Command['options'][number]} Option */
/** @typedef {{ name: string, start: number, valueStart: number, end: number, value: string }} NamedOption */
/**
 * What can be completed at the caret: `start` and `end` are what a pick replaces.
 * @typedef {{ kind: 'command', text: string, start: number, end: number }
 *   | { kind: 'option', command: Command, option: Option | null, text: string, start: number, end: number, free: Option[] }} Place
 */

/** One name for every spelling. @param {string} name */
const canonical = name => name.toLowerCase().replaceAll('_', '-');

/** @param {readonly Command[]} commands @param {string} name */
export const findCommand = (commands, name) =>
  commands.find(one => one.name === canonical(name) || one.aliases.includes(canonical(name)));

/** Options that are typed; a clip is attached. @param {Command} command */
const typedOptions = command => command.options.filter(({ kind }) => kind !== 'video');

/** The options that a line names, in its order. @param {string} line @param {Command} command @returns {NamedOption[]} */
export function readNamed(line, command) {
  const names = typedOptions(command).map(({ name }) => name);
  if (names.length === 0) return [];
  const marks = [...line.matchAll(new RegExp(`(?<=\\s)(${names.join('|')}):[ \\t]*`, 'gi'))];
  return marks.map((mark, index) => {
    const valueStart = mark.index + mark[0].length;
    const end = marks[index + 1]?.index ?? line.length;
    return {
      name: (mark[1] ?? '').toLowerCase(),
      start: mark.index,
      valueStart,
      end,
      value: line.slice(valueStart, end).trim(),
    };
  });
}

/**
 * A line as the bot takes it; null for one that is no command.
 * @param {string} line
 * @param {readonly Command[]} commands
 * @returns {{ name: string, command: Command | undefined, options: Record<string, string>, words: string | null } | null}
 */
export function readLine(line, commands) {
  const match = /^\/([\w-]+)(?:\s+([\s\S]*))?$/.exec(line.trim());
  if (!match) return null;
  const [, name = '', rest = ''] = match;
  const command = findCommand(commands, name);
  const named = command ? readNamed(` ${rest}`, command) : [];
  if (!command || named.length === 0) return { name, command, options: {}, words: rest.trim() };
  const options = Object.fromEntries(named.map(one => [one.name, one.value]));
  // Words before the first name are the first option that was not named.
  const before = ` ${rest}`.slice(0, named[0]?.start).trim();
  const first = typedOptions(command).find(option => !(option.name in options));
  if (before && first) options[first.name] = before;
  return { name, command, options, words: null };
}

/**
 * Where the caret stands in a command; null where nothing can be completed.
 * @param {string} line
 * @param {number} caret
 * @param {readonly Command[]} commands
 * @returns {Place | null}
 */
export function findPlace(line, caret, commands) {
  const typedName = /^\/([\w-]*)/.exec(line);
  if (!typedName) return null;
  const nameEnd = typedName[0].length;
  if (caret <= nameEnd) return { kind: 'command', text: line.slice(1, nameEnd), start: 0, end: nameEnd };
  const command = findCommand(commands, typedName[1] ?? '');
  if (!command) return null;
  const named = readNamed(line, command);
  const free = typedOptions(command).filter(({ name }) => !named.some(one => one.name === name));
  const current = named.findLast(({ valueStart }) => valueStart <= caret);
  if (current) {
    const option = command.options.find(({ name }) => name === current.name) ?? null;
    return { kind: 'option', command, option, text: current.value, start: current.valueStart, end: current.end, free };
  }
  const wordStart = line.lastIndexOf(' ', caret - 1) + 1;
  const text = line.slice(wordStart, caret);
  const matching = free.filter(({ name }) => name.startsWith(text.toLowerCase()));
  return { kind: 'option', command, option: null, text, start: wordStart, end: caret, free: matching };
}
