// Starts Clipcue: environment, configuration, app, signals. The only module that touches `process`.

import { enableCompileCache } from 'node:module';

enableCompileCache();

const { readFileSync } = await import('node:fs');
const { inspect, parseEnv } = await import('node:util');
const { startApp } = await import('./app.ts');
const { ConfigError, loadConfig } = await import('./config.ts');
const { createLog, createScrub } = await import('./log.ts');
const { describeStartFault } = await import('./start-fault.ts');
const { renderStartTable } = await import('./start-table.ts');

const ENV_FILE = '.env';
const STOP_WITHIN_MS = 30_000;

/** Names that stand in the .env file; an unknown one there is a mistake, in the environment it is not. */
function readEnvFileNames(): string[] {
  try {
    return Object.keys(parseEnv(readFileSync(ENV_FILE, 'utf8')));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

function loadConfigOrExit() {
  try {
    return loadConfig(process.env, readEnvFileNames());
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

const config = loadConfigOrExit();
const log = createLog({ level: config.logLevel, secrets: config.secrets });
const scrub = createScrub(config.secrets);
// Node itself would print the error as it is, secrets included.
process.on('uncaughtException', error => {
  process.stderr.write(scrub(`Clipcue ends by a fault that nobody foresaw: ${inspect(error)}\n`));
  process.exit(1);
});
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const app = await startApp({ config, log, version, nodeVersion: process.versions.node, adapters: [] }).catch(error => {
  process.stderr.write(scrub(`Clipcue could not start: ${describeStartFault(error)}\n`));
  log.debug({ err: error }, 'start failed');
  process.exit(1);
});
log.debug({ startMs: Math.round(performance.now()), memoryMb: Math.round(process.memoryUsage.rss() / 1e6) }, 'ready');
const { simulatorOrigin, playground, nameOn, standby } = app;
process.stdout.write(
  `\nClipcue ${version}\n${renderStartTable({ config, simulatorOrigin, playground, nameOn, standby })}\n\n`,
);
for (const { to, url } of app.installLinks) process.stdout.write(`Add the bot to ${to}: ${url}\n`);
// Past the log, which hides secrets and may be kept: only the screen shows how to become the owner.
for (const { platform, how } of app.ownerClaims)
  process.stdout.write(`Nobody owns this bot yet. To become its owner on ${platform}, within seven days: ${how}\n`);
log.info({ publicUrl: app.publicUrl, simulator: app.simulatorOrigin }, 'Clipcue is running');

let isStopping = false;
async function stop(signal: NodeJS.Signals): Promise<void> {
  // A second Ctrl-C does not wait.
  if (isStopping) process.exit(130);
  isStopping = true;
  log.info({ signal }, 'stopping');
  setTimeout(() => {
    log.error('did not stop in time');
    process.exit(1);
  }, STOP_WITHIN_MS).unref();
  await app.stop();
  log.info('stopped');
}
process.on('SIGINT', stop);
process.on('SIGTERM', stop);
