// Every story of test/flows is told on every chat platform: those that begin with startStand, and are not excepted here.

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';

const FLOWS = new URL('../flows/', import.meta.url);

/** Stories that have nothing to do with a platform. */
const TOLD_ONCE: Readonly<Record<string, string>> = {
  'upgrade.test.ts': 'its people are in a data folder that the platform without a screen left',
};

const read = (name: string, folder: URL) => readFile(new URL(name, folder), 'utf8');
const listStories = async (folder: URL) => (await readdir(folder)).filter(name => name.endsWith('.test.ts'));

for (const platform of ['discord', 'telegram'])
  test(`the stories on ${platform}`, async () => {
    const folder = new URL(`${platform}/`, FLOWS);
    const told = new Set(await listStories(folder));
    for (const story of await listStories(FLOWS)) {
      if (story in TOLD_ONCE || !(await read(story, FLOWS)).includes('startStand')) continue;
      assert.ok(told.has(story), `test/flows/${platform}/${story} is missing`);
      const run = await read(story, folder);
      assert.match(run, new RegExp(`TEST_PLATFORM = '${platform}'`), `${platform}/${story} names another platform`);
      assert.ok(run.includes(`import('../${story}')`), `${platform}/${story} tells another story`);
    }
  });
