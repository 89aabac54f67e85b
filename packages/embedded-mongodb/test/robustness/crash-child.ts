/** The process that crash tests kill: a server on a unix socket, its address on stdout. */
import { startEmbeddedMongodb } from '../../src/index.ts';

const [dataDir] = process.argv.slice(2);
if (!dataDir) throw new Error('The data folder is missing.');
const server = await startEmbeddedMongodb({ dataDir });
process.stdout.write(`${server.uri('crash')}\n`);
