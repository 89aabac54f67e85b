// What is asked every second or oftener must not read every post: each such query is answered from its index, in its order.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connectDatabase, type Database } from '#stores/database.ts';
import { createPostStore, type PostStore } from '#stores/posts.ts';
import { createUserStore } from '#stores/users.ts';
import { testDatabaseUri } from '#test/support/stand.ts';
import { startTestDatabase } from '#test/support/test-database.ts';

let folder: string;
let server: Awaited<ReturnType<typeof startTestDatabase>>;
let database: Database;
let posts: PostStore;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clipcue-queries-'));
  server = await startTestDatabase(folder);
  database = await connectDatabase(server.uri);
  posts = createPostStore(database.connection);
  await posts.model.createIndexes();
});
after(async () => {
  await database.drop();
  await database.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Plan {
  readonly stage: string;
  readonly indexName?: string;
  readonly inputStage?: Plan;
}

/** The plans of every find that `ask` sends. */
async function plansOf(model: { collection: object }, ask: () => Promise<unknown>): Promise<string[]> {
  const collection = model.collection as { find(filter: object, options: object): { explain(): Promise<object> } };
  const { find } = collection;
  const asked: [object, object][] = [];
  collection.find = (filter, options) => {
    asked.push([filter, options]);
    return find.call(collection, filter, options);
  };
  await ask();
  collection.find = find;
  return Promise.all(
    asked.map(async ([filter, options]) => {
      const reply = (await find.call(collection, filter, options).explain()) as { queryPlanner: { winningPlan: Plan } };
      const stages = (plan: Plan): string =>
        `${plan.indexName ?? plan.stage}${plan.inputStage ? `<${stages(plan.inputStage)}` : ''}`;
      return stages(reply.queryPlanner.winningPlan);
    }),
  );
}

test('sweeps read no more than what is due', { skip: testDatabaseUri() && 'that server has no explain' }, async () => {
  const now = new Date();
  assert.deepEqual(await plansOf(posts.model, () => posts.findWaking(now, 10, 'simulator')), ['FETCH<wakeAt_1']);
  assert.deepEqual(await plansOf(posts.model, () => posts.findWaking(now, 10, 'key:x')), ['FETCH<wakeAt_1']);
  const scheduled = () => posts.findWakingScheduled(now, 10, 'key:x');
  assert.deepEqual(await plansOf(posts.model, scheduled), ['FETCH<state_1_wakeAt_1__id_1']);
  const scheduledAt = () => posts.findScheduledAt(now, 'm', 10, 'key:x');
  assert.deepEqual(await plansOf(posts.model, scheduledAt), ['FETCH<state_1_wakeAt_1__id_1']);
  const claimed = () => posts.findWakingClaimed(now, 10, 'key:x');
  assert.deepEqual(await plansOf(posts.model, claimed), ['FETCH<step_1_wakeAt_1']);
  assert.deepEqual(await plansOf(posts.model, () => posts.findOwingNotices(now, 10)), ['FETCH<notifyAt_1']);
  const users = createUserStore(database.connection);
  await users.model.createIndexes();
  const [plan] = await plansOf(users.model, () => users.findDueSummaries(now, 10));
  assert.match(plan ?? '', /<summaryAt_1$/);
});
