// `npm run prove -- <name>`: what only whole processes can prove, each in seconds to a minute. `all` runs every one, `list` names them.

import { proveBackup } from './backup.ts';
import { proveChaos } from './chaos.ts';
import { proveCrash } from './crash.ts';
import { proveDatabaseCrashes, proveMalformedMessages } from './database.ts';
import { proveFairness } from './fairness.ts';
import { proveFullDisk } from './full-disk.ts';
import { proveHostileClips } from './hostile-clips.ts';
import { proveOutages } from './outages.ts';
import { provePlayground } from './playground.ts';
import { proveMutatedClips, proveVerdicts } from './probing.ts';
import { proveRecovery } from './recovery.ts';
import { proveShutdown } from './shutdown.ts';
import { proveStart } from './start.ts';
import { proveUploadMemory } from './upload-memory.ts';
import { proveUploadPage } from './upload-page.ts';

/** Each prints what it measured and throws where the promise was not held. */
const PROOFS: Readonly<Record<string, (print: (line: string) => void) => Promise<void>>> = {
  crash: proveCrash,
  chaos: proveChaos,
  recovery: proveRecovery,
  shutdown: proveShutdown,
  fairness: proveFairness,
  backup: proveBackup,
  outages: proveOutages,
  'upload-memory': proveUploadMemory,
  'upload-page': proveUploadPage,
  'full-disk': proveFullDisk,
  verdicts: proveVerdicts,
  'hostile-clips': proveHostileClips,
  'mutated-clips': proveMutatedClips,
  'database-crashes': proveDatabaseCrashes,
  'malformed-messages': proveMalformedMessages,
  start: proveStart,
  playground: provePlayground,
};

const [name = ''] = process.argv.slice(2);
const chosen = name === 'all' ? Object.keys(PROOFS) : [name];
const print = (line: string) => process.stdout.write(`${line}\n`);

if (name === 'list') {
  print(Object.keys(PROOFS).join('\n'));
  process.exit();
}

for (const proof of chosen) {
  const prove = Object.hasOwn(PROOFS, proof) ? PROOFS[proof] : undefined;
  if (!prove) {
    process.stderr.write(`There is no proof called “${proof}”. There are: ${Object.keys(PROOFS).join(', ')}, all.\n`);
    process.exit(1);
  }
  print(`== ${proof}`);
  try {
    await prove(line => print(`   ${line}`));
    print('   held');
  } catch (error) {
    process.exitCode = 1;
    print(`   NOT HELD: ${error instanceof Error ? error.message : error}`);
  }
}
