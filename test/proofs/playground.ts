// The Playground is quick: its first paint, and a thousand commands in a row, each shown at once and answered soon.

import assert from 'node:assert/strict';
import { startStage } from '#test/browser/stage.ts';

const FIRST_PAINT_MS = 300;
const VISITS = 5;
const ANSWER_P99_MS = 150;
const SENT_P99_MS = 50;
const COMMANDS = 1_000;

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? 0;

export async function provePlayground(print: (line: string) => void): Promise<void> {
  const stage = await startStage();
  try {
    const page = await stage.open();
    const paints: number[] = [];
    for (let visit = 0; visit < VISITS; visit++) {
      await page.reload();
      await page.locator('.composer').waitFor();
      const find = () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Infinity;
      paints.push(await page.evaluate(find));
    }
    print(`first contentful paint: ${paints.map(Math.round).join(', ')} ms`);
    const times = await page.evaluate(play, COMMANDS);
    const [sent, answered] = [percentile(times.sent, 0.99), percentile(times.answered, 0.99)];
    const median = percentile(times.answered, 0.5).toFixed(1);
    print(
      `${COMMANDS} commands: shown p99 ${sent.toFixed(1)} ms; answered median ${median}, p99 ${answered.toFixed(1)} ms`,
    );
    assert.ok(percentile(paints, 0.5) < FIRST_PAINT_MS, `the first contentful paint comes after ${FIRST_PAINT_MS} ms`);
    assert.ok(sent < SENT_P99_MS, `a line is shown as sent after ${SENT_P99_MS} ms`);
    assert.ok(answered < ANSWER_P99_MS, `the bot answers after ${ANSWER_P99_MS} ms`);
    assert.deepEqual(stage.complaints, []);
  } finally {
    await stage.stop();
  }
}

/** Runs in the page: types a command, sends it, and waits until its line, then its answer, stand in the chat. */
async function play(count: number): Promise<{ sent: number[]; answered: number[] }> {
  interface Dom {
    querySelector(
      selector: string,
    ): (EventTarget & { value: string; lastElementChild: { className: string } | null }) | null;
    querySelectorAll(selector: string): ArrayLike<{ id: string }>;
  }
  const { document, KeyboardEvent, MutationObserver } = globalThis as unknown as {
    document: Dom;
    KeyboardEvent: new (kind: string, init: object) => Event;
    MutationObserver: new (look: () => void) => { observe(node: unknown, what: object): void; disconnect(): void };
  };
  const lastId = (kind: string) => {
    const all = document.querySelectorAll(`article.${kind}`);
    return all[all.length - 1]?.id ?? '';
  };
  const see = (isThere: () => boolean) =>
    new Promise<number>(resolve => {
      const look = () => {
        if (!isThere()) return;
        observer.disconnect();
        resolve(performance.now());
      };
      const observer = new MutationObserver(look);
      observer.observe(document.querySelector('.log'), { childList: true, subtree: true });
      look();
    });
  const sent: number[] = [];
  const answered: number[] = [];
  for (let i = 0; i < count; i++) {
    const field = document.querySelector('.composer textarea');
    if (!field) throw new Error('there is no line to write in');
    const [spoken, reply] = [lastId('spoken'), lastId('reply')];
    field.value = '/help';
    field.dispatchEvent(new Event('input'));
    const begun = performance.now();
    const seen = see(() => lastId('spoken') !== spoken);
    const heard = see(() => lastId('reply') !== reply);
    field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
    sent.push((await seen) - begun);
    answered.push((await heard) - begun);
  }
  return { sent, answered };
}
