// Clipcue with one person in its chat, in a process that is there to be killed. Takes orders on its standard input, one a line:
// `schedule <clip> <when>` connects the person's account where needed and schedules; `upload` asks for a link to the upload page and
// `schedule-uploaded` schedules what came by it; `gc` tells what memory is in use. Prints what
// the person reads. `--lease-ms N`: how long a killed worker's posts wait for its successor.

import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { createHeadlessAdapter } from '#adapters/headless/adapter.ts';
import { createHeadlessPerson } from '#adapters/headless/person.ts';
import { startApp } from '#app.ts';
import { loadConfig } from '#config.ts';
import { createLog } from '#log.ts';
import { DEFAULT_TIMING } from '#services/publisher/work.ts';
import { connectPerson, schedulePost } from '#test/support/stand.ts';

const CHAT_LOOK_MS = 20;

const print = (line: string) => process.stdout.write(`${line}\n`);
const { values } = parseArgs({ options: { 'lease-ms': { type: 'string' } } });
const leaseMs = Number(values['lease-ms'] ?? DEFAULT_TIMING.leaseMs);
const config = loadConfig(process.env);
const adapter = createHeadlessAdapter('headless');
const app = await startApp({
  config,
  log: createLog({ level: 'warn', secrets: config.secrets }),
  version: 'proof',
  timing: { ...DEFAULT_TIMING, leaseMs, renewEveryMs: leaseMs / 3 },
  adapters: [adapter],
});
const person = createHeadlessPerson(adapter, { id: 'clara', name: 'Clara' });

let isConnected = false;
/** Once: nobody gets more than a few links to connect an account within the hour. */
async function ensureConnected(): Promise<void> {
  if (isConnected) return;
  await person.command('settings', { zone: 'UTC' });
  await connectPerson(person);
  isConnected = true;
}

async function schedule(path: string, when: string): Promise<void> {
  await ensureConnected();
  await schedulePost(person, { path, when });
  print('scheduled');
}

/** Asks for a link to the upload page. */
async function offerUpload(when: string): Promise<void> {
  await ensureConnected();
  await person.command('upload', { when, caption: 'By the upload page' });
  print(`link ${person.linkOf('Upload the clip')}`);
}

/** Schedules what came by the upload page, in this process's life or before it. */
async function scheduleUploaded(): Promise<void> {
  await person.waitFor('Your clip is in');
  await person.press('Continue');
  await person.choose('Who can see this video', 'Everyone');
  await person.press('Schedule');
  print('scheduled');
}

async function obey(line: string): Promise<void> {
  const [order = '', path = '', ...words] = line.split(' ');
  if (order === 'schedule') return schedule(path, words.join(' '));
  if (order === 'upload') return offerUpload('in 1 second');
  if (order === 'schedule-uploaded') return scheduleUploaded();
  if (order !== 'gc') throw new Error(`no such order: ${line}`);
  global.gc?.();
  print(`rss ${process.memoryUsage.rss()}`);
}

/** What each message said when it was printed: messages are edited too. */
const told = new Map<string, string>();
setInterval(() => {
  for (const message of person.messages) {
    const text = person.read(message);
    if (told.get(message.ref) !== text) print(`message ${JSON.stringify(text)}`);
    told.set(message.ref, text);
  }
}, CHAT_LOOK_MS);

// One after the other: an order may need what the one before it left.
let orders = Promise.resolve();
createInterface({ input: process.stdin }).on('line', line => {
  orders = orders.then(() => obey(line));
});
process.once('SIGTERM', () => app.stop().then(() => process.exit(0)));
print('ready');
