// Makes the data folder of this version as a fixture: `node test/support/make-data-folder.ts test/fixtures/data-vN`. Done once for
// each version that is released; what is there already is never made anew.

import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { offerFile } from '#adapters/headless/person.ts';
import { clipPath, schedulePost, startStand } from '#test/support/stand.ts';

const HUNDRED_YEARS_S = 100 * 365 * 86_400;

const [folder] = process.argv.slice(2);
if (!folder || existsSync(folder)) throw new Error('name a folder that does not exist yet');
const dataDir = resolve(folder);
await mkdir(dataDir, { mode: 0o700 });

const stand = await startStand({ dataDir });
// The connection must still be good whenever a later version opens the folder.
await stand.simulator.change({ refreshTokenLifetimeSec: HUNDRED_YEARS_S });
const clara = stand.person('Clara');
await stand.connect(clara);
await clara.command('settings', { zone: 'Berlin' });
const path = clipPath('hevc-4s.mp4');
await schedulePost(clara, { when: 'in 300 hours', caption: 'Scheduled long ago #one', path });
await schedulePost(clara, { when: 'in 301 hours', caption: 'Scheduled long ago #two', path });
await clara.sendClips([await offerFile(path)], '#draft');
await stand.stop();
