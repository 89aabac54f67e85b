// Words for people: every code has them, whatever facts are missing, and they name only commands that exist.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { explain, wordsFor } from '#chat/explain.ts';
import { commandSet } from '#commands/index.ts';
import { AppError, ERROR_KINDS, type ErrorCode, type ErrorFacts } from '#domain/errors.ts';

const CODES = Object.keys(ERROR_KINDS) as ErrorCode[];

/** Every fact that some code's words may name, found by asking each for it. */
function findNamedFacts(): string[] {
  const named = new Set<string>();
  const facts = new Proxy({} as ErrorFacts, {
    get: (_, name) => {
      named.add(String(name));
      return 7;
    },
  });
  for (const code of CODES) wordsFor({ code, facts });
  return [...named];
}

const COUNTS = /Bytes$|Left$|[sS]econds$|Rate$|^(units|limit|days|width|height)$/;
const anyCount = fc.integer({ min: 0, max: 5e9 });
const anyWords = fc.constantFrom('matroska', '“x”', '');
const anyFacts = fc
  .record(Object.fromEntries(findNamedFacts().map(name => [name, COUNTS.test(name) ? anyCount : anyWords])), {
    requiredKeys: [],
  })
  .map(facts => facts as ErrorFacts);

describe('words for people', () => {
  it('exist for every code and never show a gap, whatever facts are missing', () => {
    fc.assert(
      fc.property(fc.constantFrom(...CODES), anyFacts, (code, facts) => {
        const words = wordsFor({ code, facts });
        assert.match(words, /^\S.*[.?]$/su, `${code} should read as whole sentences: ${words}`);
        assert.doesNotMatch(words, /undefined|null|NaN|\[object|\(\)|“”| {2}/, `${code} shows a gap: ${words}`);
      }),
      { numRuns: 5_000 },
    );
  });

  it('exist for every code without any facts', () => {
    for (const code of CODES) assert.doesNotMatch(wordsFor({ code, facts: {} }), /undefined|null|NaN|\(\)/, code);
  });

  it('name the facts they are given', () => {
    assert.match(wordsFor({ code: 'clip_too_long', facts: { seconds: 640, limitSeconds: 600 } }), /640 s.*600 s/);
    assert.match(wordsFor({ code: 'clip_too_large', facts: { limitBytes: 4_096_000_000 } }), /4\.1 GB/);
    assert.match(wordsFor({ code: 'command_unknown', facts: { command: 'shedule' } }), /shedule/);
  });

  it('name only commands that exist', () => {
    // /cancel is dispatch's own, where questions are asked one by one.
    const known = new Set(['cancel', ...commandSet.commands.map(({ name }) => name)]);
    for (const code of CODES)
      for (const [, name] of wordsFor({ code, facts: {} }).matchAll(/(?:^|[\s(])\/([a-z_-]+)/g))
        assert.ok(known.has(name ?? ''), `${code} sends people to /${name}, which does not exist`);
  });

  it('carry the number of the log line for a bug, and only then', () => {
    assert.match(JSON.stringify(explain(new AppError('unknown'), 'a1b2c3d4')), /a1b2c3d4/);
    assert.doesNotMatch(JSON.stringify(explain(new AppError('time_past'), 'a1b2c3d4')), /a1b2c3d4/);
  });
});
