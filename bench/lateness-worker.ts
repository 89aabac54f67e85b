// One Clipcue of the lateness benchmark: the whole app, without a chat. Prints `ready`.

import { enableCompileCache } from 'node:module';

enableCompileCache();
const { startApp } = await import('#app.ts');
const { loadConfig } = await import('#config.ts');
const { createLog } = await import('#log.ts');

const config = loadConfig(process.env);
const log = createLog({ level: 'warn', secrets: config.secrets, write: line => process.stderr.write(line) });
const app = await startApp({ config, log, version: 'bench', adapters: [] });
process.once('SIGTERM', () => app.stop().then(() => process.exit(0)));
process.stdout.write('ready\n');
