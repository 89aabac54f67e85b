// What a typed line means, where it can be completed, and how much the page weighs.

import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { describe, it } from 'node:test';

const PAGE = new URL('../../../src/adapters/playground/page/', import.meta.url);
const SCRIPTS_MAX_BYTES = 60_000;

const option = (name: string, kind: string, hasSuggestions = false) => ({
  ...{ name, kind, hasSuggestions },
  ...{ summary: name, required: kind === 'video' },
});
const SCHEDULE = {
  name: 'schedule',
  aliases: [],
  summary: 'Schedule a clip',
  options: [
    option('video', 'video'),
    option('when', 'time', true),
    option('caption', 'text'),
    option('account', 'choice', true),
  ],
};
const CONNECT = { name: 'connect-tiktok', aliases: ['connect'], summary: 'Connect', options: [option('code', 'text')] };
const COMMANDS = [CONNECT, SCHEDULE];

// The page's modules are JavaScript for browsers; this one is pure and runs here as well.
interface CommandLine {
  readLine(line: string, commands: object[]): { name: string; options: object; words: string | null } | null;
  findPlace(
    line: string,
    caret: number,
    commands: object[],
  ): { kind: string; text: string; option?: { name: string } | null; free?: { name: string }[] } | null;
}
const { readLine, findPlace } = (await import(new URL('command-line.js', PAGE).href)) as CommandLine;

describe('a typed line', () => {
  const cases: [line: string, name: string, options: object, words: string | null][] = [
    ['/schedule', 'schedule', {}, ''],
    ['/schedule fri 18:30: cats', 'schedule', {}, 'fri 18:30: cats'],
    ['/schedule when: fri 18:30 caption: Cats #cat', 'schedule', { when: 'fri 18:30', caption: 'Cats #cat' }, null],
    ['/schedule fri 18:30 caption: Cats', 'schedule', { when: 'fri 18:30', caption: 'Cats' }, null],
    ['/schedule CAPTION: two\nlines', 'schedule', { caption: 'two\nlines' }, null],
    ['/connect_tiktok code: K7WQ-4MPD', 'connect_tiktok', { code: 'K7WQ-4MPD' }, null],
    ['/nothing at all', 'nothing', {}, 'at all'],
  ];
  for (const [line, name, options, words] of cases)
    it(JSON.stringify(line), () => {
      const read = readLine(line, COMMANDS);
      assert.deepEqual({ name: read?.name, options: read?.options, words: read?.words }, { name, options, words });
    });

  it('without a slash is no command', () => assert.equal(readLine('fri 18:30: a/b', COMMANDS), null));
});

describe('the caret', () => {
  const at = (line: string) => findPlace(line, line.length, COMMANDS);

  it('in a name completes commands', () =>
    assert.deepEqual({ ...at('/sch') }, { kind: 'command', text: 'sch', start: 0, end: 4 }));

  it('behind a name offers its options, without the clip, which is attached', () =>
    assert.deepEqual(
      at('/schedule ')?.free?.map(({ name }) => name),
      ['when', 'caption', 'account'],
    ));

  it('in a value completes that option, and offers those that are left', () => {
    const place = at('/schedule caption: x when: tomorrow 9');
    assert.deepEqual([place?.option?.name, place?.text], ['when', 'tomorrow 9']);
    assert.deepEqual(
      place?.free?.map(({ name }) => name),
      ['account'],
    );
  });

  it('in plain words completes nothing', () => assert.equal(at('hello'), null));
});

it(`the page’s own scripts have less than ${SCRIPTS_MAX_BYTES} bytes`, () => {
  const scripts = readdirSync(PAGE).filter(name => name.endsWith('.js'));
  const sizeBytes = scripts.reduce((sum, name) => sum + statSync(new URL(name, PAGE)).size, 0);
  assert.ok(sizeBytes < SCRIPTS_MAX_BYTES, `they have ${sizeBytes}`);
});
