/** Runs the embedded database alone, so that mongosh and other tools can look inside: `--port N --data DIR`. */
import { parseArgs } from 'node:util';
import { EmbeddedMongodbError, startEmbeddedMongodb } from '@clipcue/embedded-mongodb';

const USAGE = 'Usage: npm run database -- --port <port> --data <folder> [--database <name>]';

function readOptions(): { port: number; dataDir: string; database: string } {
  const { values } = parseArgs({
    options: { port: { type: 'string' }, data: { type: 'string' }, database: { type: 'string', default: 'clipcue' } },
  });
  const port = Number(values.port);
  if (!values.port || !Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new TypeError(`--port must be a number from 0 to 65535 (0 takes a free one), not '${values.port ?? ''}'.`);
  }
  if (!values.data) throw new TypeError('--data must name the folder of the database.');
  return { port, dataDir: values.data, database: values.database };
}

async function main(): Promise<void> {
  const { port, dataDir, database } = readOptions();
  const server = await startEmbeddedMongodb({
    dataDir,
    listen: { port },
    onNotice: ({ level, message }) => process.stderr.write(`${level}: ${message}\n`),
  });
  process.stdout.write(`${server.uri(database)}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.stop());
  await server.closed;
}

try {
  await main();
} catch (error) {
  const isUsage = error instanceof TypeError;
  if (!isUsage && !(error instanceof EmbeddedMongodbError)) throw error;
  process.stderr.write(isUsage ? `${error.message}\n${USAGE}\n` : `${error.message}\n`);
  process.exitCode = isUsage ? 2 : 1;
}
