// The command line of the demo.

import { playDemo } from './demo.ts';

const [clipPath] = process.argv.slice(2);

try {
  await playDemo({
    clipPath,
    mongodbUri: process.env.MONGODB_URI || undefined,
    print: line => process.stdout.write(`${line}\n`),
  });
} catch (error) {
  process.stderr.write(`The demo did not end live: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
