// Writes .env.example and the README's table after a change to src/settings.ts: `npx node scripts/write-settings.ts`.

import { readFileSync, writeFileSync } from 'node:fs';
import { renderEnvExample, withSettingsTable } from './settings-text.ts';

const root = new URL('../', import.meta.url);
const readme = new URL('README.md', root);

writeFileSync(new URL('.env.example', root), renderEnvExample());
writeFileSync(readme, withSettingsTable(readFileSync(readme, 'utf8')));
