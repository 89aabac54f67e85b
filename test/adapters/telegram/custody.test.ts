// Custody of updates, by itself: when Telegram may forget one, what is written down, what is struck, what the next start finds.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import type { Update } from 'grammy/types';
import { createCustody, type KeptUpdates } from '#adapters/telegram/custody.ts';

const PATIENCE_MS = 20;

const message = (updateId: number, personId = 1): Update =>
  ({ update_id: updateId, message: { message_id: updateId, date: 1, from: { id: personId } } }) as Update;

/** Two people are known: 1 and 2. */
function createDesk({ fails = false }: { fails?: boolean } = {}) {
  const written = new Map<string, string>();
  const drops: string[][] = [];
  const warnings: string[] = [];
  const asked = Promise.withResolvers<void>();
  const kept: KeptUpdates = {
    async keep({ personId, key }, update) {
      asked.resolve();
      if (fails) throw new Error('no database');
      if (!['1', '2'].includes(personId)) return false;
      written.set(key, update);
      return true;
    },
    list: async () => [...written.values()],
    async drop(keys) {
      drops.push([...keys]);
      for (const key of keys) written.delete(key);
    },
  };
  const begun: number[] = [];
  const ends = new Map<number, { resolve(): void; reject(error: Error): void }>();
  const open = () =>
    createCustody({
      kept,
      botId: 7,
      patienceMs: PATIENCE_MS,
      log: { warn: (_facts, words) => void warnings.push(words) },
      handle({ update_id: id }) {
        begun.push(id);
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        ends.set(id, { resolve, reject });
        return promise;
      },
    });
  const end = (id: number) => ends.get(id)?.resolve();
  const cutOff = (id: number) => ends.get(id)?.reject(new Error('stopped'));
  return { asked: asked.promise, written, drops, warnings, begun, open, end, cutOff };
}

describe('custody', () => {
  it('writes nothing down that is handled quickly', async () => {
    const desk = createDesk();
    const custody = desk.open();
    const taken = custody.take(message(1));
    desk.end(1);
    await taken;
    await custody.settle();
    assert.deepEqual([desk.written.size, desk.drops], [0, []]);
  });

  it('lets Telegram forget what takes long once it is written down, and strikes it when it is handled', async () => {
    const desk = createDesk();
    const custody = desk.open();
    await custody.take(message(1));
    assert.deepEqual([...desk.written.keys()], ['telegram:7:1']);
    desk.end(1);
    await custody.settle();
    assert.equal(desk.written.size, 0);
  });

  for (const [who, desk, update] of [
    ['a stranger’s', createDesk(), message(1, 99)],
    ['one that the database does not take', createDesk({ fails: true }), message(1)],
  ] as const)
    it(`leaves ${who} with Telegram until it is handled`, async () => {
      const taken = desk.open().take(update);
      await desk.asked;
      await endOfTurn();
      assert.equal(await Promise.race([taken.then(() => 'forgotten'), 'kept']), 'kept');
      assert.equal(desk.written.size, 0);
      desk.end(1);
      await taken;
    });

  it('rejects for what was cut off before it was written down', async () => {
    const desk = createDesk();
    const taken = desk.open().take(message(1));
    desk.cutOff(1);
    await assert.rejects(taken, /stopped/);
    assert.equal(desk.written.size, 0);
  });

  it('leaves to the next start, in order, what was cut off', async () => {
    const desk = createDesk();
    const before = desk.open();
    await Promise.all([before.take(message(12)), before.take(message(3)), before.take(message(4))]);
    desk.end(4);
    desk.cutOff(12);
    desk.cutOff(3);
    await before.settle();
    const next = desk.open();
    const found = await next.inherit();
    assert.deepEqual(
      found.map(({ update_id: id }) => id),
      [3, 12],
    );
    await Promise.all(found.map(next.take));
    assert.equal(desk.written.size, 2, 'still there until it is handled');
    assert.deepEqual(await next.inherit(), [], 'what is under way is not found again');
    desk.end(3);
    desk.end(12);
    await next.settle();
    assert.equal(desk.written.size, 0);
  });

  it('handles an update once that comes twice meanwhile', async () => {
    const desk = createDesk();
    const custody = desk.open();
    await Promise.all([custody.take(message(1)), custody.take(message(1))]);
    assert.deepEqual(desk.begun, [1]);
    desk.end(1);
    await custody.settle();
  });

  it('strikes together what ends together, as an album does', async () => {
    const desk = createDesk();
    const custody = desk.open();
    const ids = [1, 2, 3, 4];
    await Promise.all(ids.map(id => custody.take(message(id))));
    ids.forEach(desk.end);
    await custody.settle();
    assert.deepEqual(desk.drops, [ids.map(id => `telegram:7:${id}`)]);
  });
});
