// `npm run bench -- <name> [case ...]`: measures and prints a JSON line a case.

import { benchDatabase } from './database.ts';
import { benchLateness } from './lateness.ts';
import { benchUpload } from './upload.ts';

const BENCHES: Readonly<Record<string, (print: (result: object) => void, cases: readonly string[]) => Promise<void>>> =
  {
    upload: benchUpload,
    database: benchDatabase,
    lateness: benchLateness,
  };

const [name = '', ...cases] = process.argv.slice(2);
const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
if (!bench) {
  process.stderr.write(`There is no benchmark called “${name}”. There are: ${Object.keys(BENCHES).join(', ')}.\n`);
  process.exit(1);
}
await bench(result => process.stdout.write(`${JSON.stringify({ bench: name, ...result })}\n`), cases);
