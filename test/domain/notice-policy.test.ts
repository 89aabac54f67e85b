// Who is told what, and when it makes a sound.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideDelivery, nextSummaryAt } from '#domain/notice-policy.ts';

const NOON = Date.parse('2026-11-21T11:00:00Z');
const NIGHT = Date.parse('2026-11-21T22:30:00Z');
const berlin = (notices: 'each' | 'daily' | 'problems') => ({ notices, zone: 'Europe/Berlin' });

const CASES = [
  ['published', 'each', NOON, 'aloud'],
  ['published', 'each', NIGHT, 'silent'],
  ['live', 'daily', NOON, 'leave_to_summary'],
  ['published', 'problems', NOON, 'drop'],
  ['failed', 'problems', NIGHT, 'aloud'],
  ['held', 'daily', NIGHT, 'aloud'],
  ['missed', 'each', NIGHT, 'aloud'],
  ['held_reminder', 'problems', NOON, 'aloud'],
  ['unconfirmed_reminder', 'daily', NIGHT, 'silent'],
  ['in_inbox', 'problems', NOON, 'aloud'],
  ['in_inbox', 'daily', NIGHT, 'silent'],
  ['draft_gone', 'problems', NOON, 'drop'],
] as const;

for (const [kind, setting, now, expected] of CASES)
  test(`${kind}, ${setting}, ${now === NIGHT ? 'at night' : 'by day'}: ${expected}`, () => {
    const delivery = decideDelivery(kind, berlin(setting), now);
    const said = delivery.kind === 'send' ? (delivery.silent ? 'silent' : 'aloud') : delivery.kind;
    assert.equal(said, expected);
  });

test('without a zone nobody knows when night is, so everything is told aloud', () =>
  assert.deepEqual(decideDelivery('published', { notices: 'each', zone: null }, NIGHT), {
    kind: 'send',
    silent: false,
  }));

test('the summary comes at seven in the evening on the person’s clock, across a clock change too', () => {
  const at = (now: string, zone: string) => new Date(nextSummaryAt(Date.parse(now), zone)).toISOString();
  assert.equal(at('2026-11-21T11:00:00Z', 'Europe/Berlin'), '2026-11-21T18:00:00.000Z');
  assert.equal(at('2026-11-21T18:00:00Z', 'Europe/Berlin'), '2026-11-22T18:00:00.000Z');
  assert.equal(at('2026-10-24T18:00:00Z', 'Europe/Berlin'), '2026-10-25T18:00:00.000Z');
});
