// Says what to do where npm's scripts do not get Node 24, before TypeScript files fail with a puzzling syntax error.
// Plain JavaScript on purpose: it must run on the Node that is wrong.
import { readFileSync } from 'node:fs';

const wanted = Number(
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).engines.node.match(/\d+/)[0],
);
const found = Number(process.versions.node.split('.')[0]);

if (found < wanted) {
  process.stderr.write(`Clipcue needs Node ${wanted}, and this is Node ${process.versions.node}.
"npm ci" installs Node ${wanted} beside the other packages, and npm's scripts use it. Here that did not work. Either
  - run "npm ci" again without --omit=dev and without --ignore-scripts, or
  - install Node ${wanted} or newer from https://nodejs.org and try again.
`);
  process.exit(1);
}
