// Asks for a passphrase: without echo on a terminal, the first line of the input anywhere else.

import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { Refusal } from './refusal.ts';

/** Short ones are guessed, whatever a guess costs. */
const LEAST_CHARACTERS = 12;

export interface Terminal {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
}

/** `isNew`: it is asked for twice on a terminal, and must be long. @throws Refusal. */
export async function askPassphrase(terminal: Terminal, { isNew }: { isNew: boolean }): Promise<string> {
  const { input } = terminal;
  const passphrase = input.isTTY ? await askHidden(terminal, 'Passphrase: ') : await readFirstLine(input);
  if (isNew && passphrase.length < LEAST_CHARACTERS)
    throw new Refusal(`The passphrase needs at least ${LEAST_CHARACTERS} characters; a few random words are good.`);
  if (isNew && input.isTTY && (await askHidden(terminal, 'Once more: ')) !== passphrase)
    throw new Refusal('The two are not the same.');
  return passphrase;
}

async function askHidden({ input, output }: Terminal, question: string): Promise<string> {
  output.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: silent, terminal: true });
  try {
    return await lines.question('');
  } finally {
    lines.close();
    output.write('\n');
  }
}

async function readFirstLine(input: NodeJS.ReadStream): Promise<string> {
  try {
    for await (const line of createInterface({ input })) return line;
  } finally {
    // Whoever writes to it may keep it open, and the process would wait for more.
    input.destroy();
  }
  throw new Refusal('No passphrase came. Type it, or give it as the first line of the input.');
}
