// /help is true: it lists what exists and what this person may use, all of it, in the order of the command list.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { commandSet } from '#commands/index.ts';
import { USER_ROLES } from '#domain/user.ts';

const help = commandSet.commands.find(({ name }) => name === 'help');
assert.ok(help, 'there is a /help');
type Context = Parameters<typeof help.run>[0];

/** For the moment of coming in, when nobody reads /help. */
const UNLISTED = new Set(['claim']);

describe('/help', () => {
  for (const role of USER_ROLES)
    it(`lists every command for the ${role}, with its summary, in order`, async () => {
      const expected = commandSet.commands.filter(
        ({ name, ownerOnly, isTyped }) => isTyped !== false && !UNLISTED.has(name) && (!ownerOnly || role === 'owner'),
      );
      const words = JSON.stringify(await help.run({ user: { role } } as unknown as Context, {}));
      const listed = [...words.matchAll(/"\/([a-z-]+)"/g)].map(([, name]) => name);
      assert.deepEqual(
        listed,
        expected.map(({ name }) => name),
      );
      for (const { name, summary } of expected)
        assert.ok(words.includes(JSON.stringify(summary).slice(1, -1)), `/help has the summary of /${name}`);
    });
});
