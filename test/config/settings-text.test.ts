// .env.example, the README's table and the schema say the same.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parseEnv } from 'node:util';
import { loadConfig } from '#config.ts';
import { SETTING_NAMES, SETTINGS } from '#settings.ts';
import { renderEnvExample, withSettingsTable } from '../../scripts/settings-text.ts';

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const AGAIN = 'run: npx node scripts/write-settings.ts';

describe('the settings in words', () => {
  it('stand in .env.example as in the schema', () => assert.equal(read('.env.example'), renderEnvExample(), AGAIN));

  it('stand in the README as in the schema', () => {
    const readme = read('README.md');
    assert.equal(readme, withSettingsTable(readme), AGAIN);
  });

  it('are all commented out in .env.example, and each example is one that works', () => {
    const example = read('.env.example');
    assert.deepEqual(parseEnv(example), {});
    const settings = parseEnv(example.replaceAll(/^# (?=[A-Z0-9_]+=)/gm, ''));
    assert.deepEqual(Object.keys(settings).toSorted(), SETTING_NAMES.toSorted());
    for (const name of SETTING_NAMES)
      assert.ok(
        SETTINGS[name].schema.safeParse(settings[name]).success,
        `${name}=${settings[name]} should be readable`,
      );
  });

  it('give no key that anybody could leave in place', () => {
    assert.throws(() => loadConfig({ TOKEN_KEYS: SETTINGS.TOKEN_KEYS.example }), /TOKEN_KEYS: key k1/);
  });

  it('are one sentence each', () => {
    for (const name of SETTING_NAMES) assert.match(SETTINGS[name].about, /^\S[^\n]*\.$/, name);
  });
});
