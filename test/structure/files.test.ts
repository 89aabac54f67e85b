// What every file has in common: it says what it is for, has a name that reads, keeps a length that can be read in one go, and
// leaves nothing undone.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, it } from 'node:test';
import { START_FLAGS } from '#test/support/processes.ts';
import { readSources } from './source-tree.ts';

const MAX_LINES = 300;
const VAGUE_NAMES = /^(utils?|helpers?|manager|misc|common|shared)\b/;
/** Spelt apart, or this file would find itself. */
const UNFINISHED = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`);

const product = readSources('{src,commands}/**/*.{ts,mts,css}', 'packages/*/src/**/*.ts');
const all = [
  ...product,
  ...readSources('{test,bench,scripts}/**/*.{ts,mjs}', 'packages/*/{test,bench}/**/*.{ts,mjs}'),
].filter(({ path }) => !path.includes('/fixtures/'));

const pathsOf = (files: readonly { path: string }[]): string[] => files.map(({ path }) => path);

describe('every file', () => {
  it('opens with a comment that says what it is for', () => {
    const silent = all.filter(({ text }) => !/^(#!.*\n)?(\/\/ ?\S|\/\*)/.test(text));
    assert.deepEqual(pathsOf(silent), []);
  });

  it('has a kebab-case name that says something', () => {
    const odd = all.filter(({ path }) => {
      const [stem = ''] = basename(path).split('.');
      return !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(stem) || VAGUE_NAMES.test(stem);
    });
    assert.deepEqual(pathsOf(odd), []);
  });

  it('leaves nothing undone and no test switched off', () => {
    const undone = all.filter(({ text }) => UNFINISHED.test(text) || /\b(it|test|describe)\.(only|todo)\(/.test(text));
    assert.deepEqual(pathsOf(undone), []);
  });

  it('names no machine and no registry', () => {
    const leaking = all.filter(({ text }) => /\/(?:home|Users)\/[a-z]+\/|registry\.npm[a-z]+\./.test(text));
    assert.deepEqual(pathsOf(leaking), []);
  });
});

it(`no file of the product is longer than ${MAX_LINES} lines`, () => {
  const long = product
    .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
    .filter(({ lines }) => lines > MAX_LINES);
  assert.deepEqual(long, [], 'each of these should be parted by its ideas');
});

it('runs the same in a container as by npm start', () => {
  const [, command = '[]'] = /^CMD (\[.*\])$/m.exec(readFileSync('Dockerfile', 'utf8')) ?? [];
  assert.deepEqual(JSON.parse(command), ['node', ...START_FLAGS, 'src/main.ts']);
});
