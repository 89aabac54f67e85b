// The dependency rule on the real imports: values flow inward, sideways goes `import type` alone, one SDK has one home.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { readSources, type SourceFile } from './source-tree.ts';

/** Nothing of ours stands between: what a place may import of values, and its ring, the innermost being 0. */
interface Place {
  readonly ring: number;
  readonly values: readonly string[];
}

const EVERYTHING = [''];

/**
 * The places of the source. A file belongs to the longest one that its path begins with. Types may come from the same ring or one
 * further in; values only from the places named.
 */
const PLACES: Readonly<Record<string, Place>> = {
  'src/domain/': { ring: 0, values: [] },
  'src/settings.ts': { ring: 0, values: [] },
  'src/log.ts': { ring: 0, values: [] },
  'src/within.ts': { ring: 0, values: [] },
  'src/abort-links.ts': { ring: 0, values: [] },
  'src/chat/': { ring: 1, values: ['src/domain/'] },
  'src/stores/': { ring: 1, values: ['src/domain/'] },
  'src/tiktok/': { ring: 1, values: ['src/domain/', 'src/abort-links.ts'] },
  'src/media/': { ring: 1, values: ['src/domain/', 'src/within.ts'] },
  'src/setting-names.ts': { ring: 1, values: ['src/settings.ts'] },
  'src/config.ts': {
    ring: 2,
    values: ['src/domain/', 'src/settings.ts', 'src/setting-names.ts', 'src/stores/keyring.ts'],
  },
  'src/services/': { ring: 2, values: ['src/domain/', 'src/chat/', 'src/abort-links.ts'] },
  'src/adapters/': { ring: 2, values: ['src/domain/', 'src/chat/', 'src/within.ts'] },
  'commands/': { ring: 2, values: ['src/domain/', 'src/chat/'] },
  'src/jobs/': { ring: 3, values: ['src/domain/', 'src/services/'] },
  'src/http/': { ring: 3, values: ['src/domain/', 'src/chat/', 'src/services/'] },
  // A stand-in for somebody else's server: it must not share our mistakes.
  'src/simulator/': { ring: 3, values: [] },
  'src/app.ts': { ring: 4, values: EVERYTHING },
  // The composition root's own parts.
  'src/app/': { ring: 4, values: EVERYTHING },
  // The part of the composition root that opens chat platforms.
  'src/platforms.ts': { ring: 4, values: ['src/domain/', 'src/adapters/'] },
  'src/start-table.ts': { ring: 5, values: ['src/domain/'] },
  'src/start-fault.ts': { ring: 5, values: ['src/chat/', 'src/domain/'] },
  'src/main.ts': {
    ring: 5,
    values: ['src/start-fault.ts', 'src/start-table.ts', 'src/app.ts', 'src/config.ts', 'src/log.ts'],
  },
  // Backup, restore and moving, beside the bot.
  'src/upkeep/': { ring: 5, values: ['src/app/', 'src/config.ts', 'src/domain/', 'src/stores/'] },
  'src/demo/': { ring: 5, values: ['src/app.ts', 'src/config.ts', 'src/log.ts', 'src/adapters/headless/'] },
};

/** Where each package may be imported. One that is missing here needs a home first. */
const HOMES: Readonly<Record<string, readonly string[]>> = {
  '@agendajs/mongo-backend': ['src/jobs/'],
  '@clipcue/embedded-mongodb': ['src/app/', 'src/upkeep/'],
  '@fastify/cookie': ['src/http/', 'src/simulator/', 'src/adapters/playground/'],
  '@fastify/formbody': ['src/http/', 'src/simulator/', 'src/adapters/playground/'],
  '@fastify/oauth2': ['src/http/'],
  '@fastify/rate-limit': ['src/http/'],
  '@aws-sdk/client-s3': ['src/media/'],
  '@aws-sdk/lib-storage': ['src/media/'],
  '@tus/server': ['src/http/'],
  agenda: ['src/jobs/'],
  'chrono-node': ['src/domain/when/'],
  // Bounds on what runs at once, and breakers.
  cockatiel: ['src/tiktok/', 'src/services/publisher/', 'src/services/notice-sending.ts'],
  dayjs: ['src/domain/when/'],
  'discord.js': ['src/adapters/discord/'],
  'fast-png': ['src/media/'],
  fastify: ['src/http/', 'src/simulator/', 'src/adapters/playground/'],
  grammy: ['src/adapters/telegram/'],
  'ipaddr.js': ['src/media/'],
  mediabunny: ['src/media/'],
  mongoose: ['src/stores/'],
  pino: ['src/log.ts'],
  'sodium-native': ['src/stores/token-box.ts', 'src/stores/passphrase-box.ts'],
  undici: ['src/tiktok/', 'src/media/'],
  zod: EVERYTHING,
};

/** Types that a neighbour hands on: Agenda works on mongoose's connection. */
const TYPE_HOMES: Readonly<Record<string, readonly string[]>> = { mongoose: ['src/jobs/', 'src/upkeep/'] };

const sources = readSources('src/**/*.ts', 'commands/**/*.ts');
const packageSources = readSources('packages/*/src/**/*.ts');

const standsIn = (path: string, places: readonly string[]): boolean => places.some(place => path.startsWith(place));

/** The key of the place that a file belongs to; an adapter is a place of its own. */
function placeOf(path: string): { key: string; place: Place } {
  const key = Object.keys(PLACES)
    .filter(prefix => path.startsWith(prefix))
    .toSorted((a, b) => b.length - a.length)[0];
  assert.ok(key, `${path} stands in no place that the dependency rule knows; name one in ${import.meta.filename}`);
  const own = key === 'src/adapters/' ? `${path.split('/').slice(0, 3).join('/')}/` : key;
  return { key: own, place: PLACES[key] as Place };
}

/** The package of a specifier: "dayjs/plugin/utc.js" is "dayjs". */
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

function* findWrongImports({ path, imports }: SourceFile): Generator<string> {
  const { key, place } = placeOf(path);
  for (const { target, isType } of imports.filter(one => one.isOurs)) {
    if (target.startsWith(key)) continue;
    const allowed = isType
      ? standsIn(target, place.values) || placeOf(target).place.ring <= place.ring
      : standsIn(target, place.values);
    if (!allowed) yield `${path} imports ${isType ? 'types' : 'values'} of ${target}`;
  }
}

function* findHomeless({ path, imports }: SourceFile): Generator<string> {
  for (const { target, isType } of imports.filter(one => !one.isOurs && !one.target.startsWith('node:'))) {
    const name = packageOf(target);
    const homes = [...(HOMES[name] ?? []), ...(isType ? (TYPE_HOMES[name] ?? []) : [])];
    if (!standsIn(path, homes)) yield `${path} imports ${name}, whose home is ${homes.join(', ') || 'not named'}`;
  }
}

const assertNone = (violations: readonly string[]) => assert.deepEqual(violations, [], violations.join('\n'));

describe('the dependency rule', () => {
  it('reads the imports there are', () => {
    const app = sources.find(({ path }) => path === 'src/app.ts');
    const targets = app?.imports.map(({ target }) => target) ?? [];
    for (const expected of ['src/chat/dispatch.ts', 'commands/index.ts', 'node:crypto'])
      assert.ok(targets.includes(expected), `app.ts imports ${expected}, but only ${targets.join(', ')} was read`);
    assert.ok(app?.imports.some(({ target, isType }) => isType && target === 'src/config.ts'));
    for (const { path, imports } of sources)
      for (const { target, isOurs } of imports)
        if (isOurs)
          assert.ok(
            existsSync(new URL(`../../${target}`, import.meta.url)),
            `${path} imports ${target}, which is no file`,
          );
  });

  it('values flow inward, types also sideways', () => assertNone(sources.flatMap(file => [...findWrongImports(file)])));

  it('one SDK, one home', () => assertNone(sources.flatMap(file => [...findHomeless(file)])));

  it('the simulator is imported by the composition root alone', () =>
    assertNone(
      sources
        .filter(({ path }) => path !== 'src/app/tiktok.ts' && !path.startsWith('src/simulator/'))
        .filter(({ imports }) => imports.some(({ target }) => target.startsWith('src/simulator/')))
        .map(({ path }) => path),
    ));

  it('packages know nothing of Clipcue', () =>
    assertNone(
      packageSources.flatMap(({ path, imports }) => {
        const home = path.split('/').slice(0, 2).join('/');
        return imports
          .filter(({ target, isOurs }) => isOurs && !target.startsWith(`${home}/`))
          .map(({ target }) => `${path} imports ${target}`);
      }),
    ));

  it('nothing imports itself in a circle', () => assertNone(findCircles(sources)));

  it('`process` is touched where a process begins, and nowhere else', () =>
    assertNone(
      sources
        .filter(({ path }) => !/^src\/(?:[^/]+\/)?main\.ts$/.test(path))
        .filter(({ text, imports }) => usesProcess(text) || imports.some(({ target }) => target === 'node:process'))
        .map(({ path }) => path),
    ));
});

/** Value imports that lead back to where they began; such modules see each other half made. */
function findCircles(files: readonly SourceFile[]): string[] {
  const next = new Map(
    files.map(({ path, imports }) => [path, imports.filter(one => one.isOurs && !one.isType).map(one => one.target)]),
  );
  const done = new Set<string>();
  const circles: string[] = [];
  function visit(path: string, trail: readonly string[]): void {
    if (trail.includes(path)) circles.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
    if (done.has(path)) return;
    done.add(path);
    for (const target of next.get(path) ?? []) visit(target, [...trail, path]);
  }
  for (const { path } of files) visit(path, []);
  return circles;
}

function usesProcess(text: string): boolean {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*/g, '');
  return /(?<![\w.$#'"`/-])process(?:\.|\?\.|\[)\w/.test(code);
}
