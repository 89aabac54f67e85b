// One worker of a chaos round, in a process that is there to be killed: what src/app.ts puts together but for the web pages, its chat
// platforms talking to the round's chat server. Takes orders on its standard input, one JSON a line, and answers on its output.

import { enableCompileCache } from 'node:module';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { createFailpoints } from './failpoints.ts';
import { shiftClock } from './shifted-clock.ts';

enableCompileCache();
const { values } = parseArgs({
  options: { chat: { type: 'string' }, 'lease-ms': { type: 'string' }, 'clock-shift-ms': { type: 'string' } },
});
// Before anything else is loaded, so that nobody keeps the right clock.
if (values['clock-shift-ms']) shiftClock(Number(values['clock-shift-ms']));
const { createPublishing } = await import('#app/publishing.ts');
const { createServices } = await import('#app/services.ts');
const { createSweeps } = await import('#app/sweeps.ts');
const { openFoundation } = await import('#app/foundation.ts');
const { closeAll } = await import('#app/closers.ts');
const { loadConfig } = await import('#config.ts');
const { isAppError } = await import('#domain/errors.ts');
const { createLog } = await import('#log.ts');
const { DEFAULT_TIMING } = await import('#services/publisher/work.ts');
const { createChatAdapter } = await import('./chat-adapter.ts');
const { keepHistory } = await import('./history.ts');
type Order = import('./orders.ts').Order;

const print = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
const leaseMs = Number(values['lease-ms'] ?? DEFAULT_TIMING.leaseMs);
const timing = {
  ...DEFAULT_TIMING,
  leaseMs,
  renewEveryMs: leaseMs / 3,
  chunkTimeoutMs: 20_000,
  retryBaseMs: 200,
};
const config = loadConfig(process.env);
const log = createLog({ level: 'warn', secrets: config.secrets, write: line => process.stderr.write(line) });
const closers: (() => Promise<void>)[] = [];
const failpoints = createFailpoints();

const opened = await openFoundation(config, log, Date.now, closers);
keepHistory(opened.stores.posts.model);
const foundation = {
  ...opened,
  tiktok: failpoints.watch(opened.tiktok, 'tiktok'),
  stores: {
    ...opened.stores,
    posts: failpoints.watch(opened.stores.posts, 'posts'),
    accounts: failpoints.watch(opened.stores.accounts, 'accounts'),
  },
};
const adapters = ['dedup', 'plain'].map(platform =>
  failpoints.watch(createChatAdapter(platform, values.chat ?? ''), 'chat'),
);
const adapterFor = (platform: string) => adapters.find(adapter => adapter.platform === platform);
const publishing = await createPublishing(foundation, timing);
const services = createServices(
  foundation,
  { ...publishing, alarms: failpoints.watch(publishing.alarms, 'alarms') },
  {
    adapterFor,
    listAdapters: () => adapters,
    build: { version: 'chaos', nodeVersion: '', database: '' },
    exchangeCode: () => Promise.reject(new Error('nobody connects an account here')),
  },
);
await publishing.alarms.start();
closers.push(publishing.alarms.stop);
publishing.runner.start();
closers.push(publishing.runner.stop);
for (const sweep of createSweeps(foundation, services, publishing, adapterFor)) {
  sweep.start();
  closers.push(sweep.stop);
}

/** What a person asked for, with the words that the answer would have been made of. */
async function obey(order: Order): Promise<void> {
  if (order.kind === 'arm') return failpoints.arm(order.failpoint, order.signal);
  if (order.kind === 'disarm') {
    failpoints.disarm();
    return void print({ disarmed: true });
  }
  try {
    const user = await foundation.stores.users.find(order.userId);
    if (!user) throw new Error(`no user ${order.userId}`);
    if (order.kind === 'schedule') await services.posts.schedule(user, order.postId);
    else if (order.kind === 'cancel') await services.posts.cancel(user, order.postId);
    else {
      const due = { at: new Date(order.toMs), delayMs: null, zone: 'UTC', words: 'later' };
      await services.posts.reschedule(user, order.postId, due);
    }
    print({ answers: order.id, outcome: 'done' });
  } catch (error) {
    print({ answers: order.id, outcome: isAppError(error) ? error.code : 'unknown' });
  }
}

createInterface({ input: process.stdin }).on('line', line => void obey(JSON.parse(line) as Order));
process.once('SIGTERM', () => closeAll(closers).then(() => process.exit(0)));
print({ ready: true });
