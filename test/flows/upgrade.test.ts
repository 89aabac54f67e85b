// Data folders that earlier versions left: this version opens each, publishes its posts, and finishes its drafts.

import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startStand } from '#test/support/stand.ts';

const FIXTURES = new URL('../fixtures/', import.meta.url).pathname;

// A data folder holds the embedded database, so there is nothing to open on another server.
const isElsewhere = Boolean(process.env.TEST_MONGODB_URI);

for (const name of (await readdir(FIXTURES)).filter(entry => /^data-v\d+$/.test(entry)))
  test(`${name} opens, its posts go out, its draft is there`, {
    skip: isElsewhere && 'the fixture is the embedded database’s',
  }, async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'clipcue-upgrade-'));
    await cp(join(FIXTURES, name), dataDir, { recursive: true });
    const stand = await startStand({ dataDir });
    try {
      const posts = stand.app.database.connection.collection('posts');
      const due = new Date();
      const { modifiedCount } = await posts.updateMany(
        { state: 'scheduled' },
        { $set: { 'due.at': due, wakeAt: due } },
      );
      assert.equal(modifiedCount, 2, 'both scheduled posts are there');
      const clara = stand.person('Clara');
      await clara.waitFor(/(Posted to|Live on TikTok:) Clara Cooks[\s\S]*#one/, 30_000);
      await clara.waitFor(/(Posted to|Live on TikTok:) Clara Cooks[\s\S]*#two/, 30_000);
      assert.equal((await stand.simulator.journal('published')).length, 2);
      await clara.command('posts');
      assert.match(clara.read(), /#draft/);
    } finally {
      await stand.stop();
      await rm(dataDir, { recursive: true, force: true });
    }
  });
