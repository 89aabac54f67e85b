// `npm run backup`, `npm run restore` and `npm run migrate`: what an owner does with the data beside the running bot.

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { openStandby, openStores } from '../app/database.ts';
import { type Config, ConfigError, loadConfig } from '../config.ts';
import { AppError, isAppError } from '../domain/errors.ts';
import { makeId } from '../domain/secrets.ts';
import { connectDatabase } from '../stores/database.ts';
import { readOrMakeKeyFile } from '../stores/keyring.ts';
import { createMarkStore } from '../stores/marks.ts';
import { createMigrator } from '../stores/migrations.ts';
import { createStandbyStore, STANDBY_PLACE } from '../stores/standby.ts';
import { backUp } from './backup.ts';
import { openEmbedded } from './embedded.ts';
import { endMove, moveAll } from './move.ts';
import { askPassphrase } from './passphrase.ts';
import { Refusal } from './refusal.ts';
import { fileStamp, KEYS_NAME, restore } from './restore.ts';

const USAGE = `Usage:
  npm run backup -- [folder] [--with-key]
      copies the database and the clips of unfinished posts to a new folder; --with-key adds the token keys, under a passphrase
  npm run restore -- <folder> [--with-key | --without-key] [--replace]
      puts a backup into the data folder; it posts nothing until
  npm run restore -- --activate
      says that the bot which the backup was made of is off
  npm run migrate -- --to <mongodb uri>
      copies everything from the embedded database to a MongoDB
  npm run migrate
      brings the data in MONGODB_URI to this version of Clipcue`;

const COMMANDS: Readonly<Record<string, (args: string[]) => Promise<void>>> = {
  backup: runBackup,
  restore: runRestore,
  migrate: runMigrate,
};

const print = (line: string) => process.stdout.write(`${line}\n`);
const newId = () => makeId(randomBytes);
const terminal = { input: process.stdin, output: process.stderr };
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

function requireEmbedded({ mongodbUri }: Config, instead: string): void {
  if (mongodbUri !== null) throw new Refusal(`The data is in MONGODB_URI, not in the embedded database. ${instead}`);
}

async function runBackup(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { 'with-key': { type: 'boolean' } },
  });
  const config = loadConfig(process.env);
  requireEmbedded(config, 'Back it up with mongodump, and keep the clips in DATA_DIR and TOKEN_KEYS beside it.');
  const to = resolve(positionals[0] ?? `clipcue-backup-${fileStamp(Date.now())}`);
  const passphrase = values['with-key'] ? await askPassphrase(terminal, { isNew: true }) : null;
  const report = await backUp({
    dataDir: config.dataDir,
    holdsClips: config.mediaStore === null,
    keyring: config.keyring ?? (await readOrMakeKeyFile(join(config.dataDir, KEYS_NAME))),
    version: readVersion(),
    to,
    passphrase,
    clock: Date.now,
  });
  const from = report.wasRunning ? 'the running bot' : 'the data folder';
  print(
    `Backed up ${from}: ${megabytes(report.databaseBytes)} of database, ${report.clips} clips with ${megabytes(report.clipBytes)}.`,
  );
  if (report.missingClips > 0) print(`${report.missingClips} clips went away meanwhile.`);
  if (config.mediaStore) print('Clips in MEDIA_STORE stay there.');
  if (!passphrase)
    print('The token keys are not in it. Keep a copy of them elsewhere, or back up again with --with-key.');
  print(report.folder);
}

async function runRestore(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      activate: { type: 'boolean' },
      replace: { type: 'boolean' },
      'with-key': { type: 'boolean' },
      'without-key': { type: 'boolean' },
    },
  });
  const config = loadConfig(process.env);
  if (values.activate) return activate(config);
  requireEmbedded(config, 'Restore without MONGODB_URI, then move the data there: npm run migrate -- --to <uri>');
  const [from] = positionals;
  if (!from) throw new Refusal(USAGE);
  const report = await restore({
    from: resolve(from),
    dataDir: config.dataDir,
    keyring: config.keyring,
    passphrase: values['with-key'] ? await askPassphrase(terminal, { isNew: false }) : null,
    replaces: values.replace ?? false,
    withoutKey: values['without-key'] ?? false,
    clock: Date.now,
  });
  print(`Restored the backup of ${report.madeAt.toISOString()}, with ${report.clips} clips, into ${config.dataDir}.`);
  if (report.keptBefore) print(`What was there before is kept in ${report.keptBefore}.`);
  if (report.hasNewKeys) print('The token keys of the backup are in place.');
  print('It posts nothing and renews no sign-in yet. Once the old bot is off for good: npm run restore -- --activate');
}

async function activate(config: Config): Promise<void> {
  const embedded = config.mongodbUri === null ? await openEmbedded(config.dataDir) : null;
  const database = embedded?.database ?? (await connectDatabase(config.mongodbUri as string));
  try {
    const review = await openStandby(await openStores(database, Date.now), Date.now).end();
    print(review ? 'This bot works now.' : 'This bot is not on standby: there is nothing to end.');
    if (!review) return;
    const { askedTikTok, held } = review;
    if (askedTikTok > 0)
      print(
        `TikTok is asked what became of ${askedTikTok} ${askedTikTok === 1 ? 'post that was' : 'posts that were'} under way.`,
      );
    if (held === 1) print('One post is held, since it may be on TikTok already: its person is asked.');
    if (held > 1) print(`${held} posts are held, since they may be on TikTok already: their people are asked.`);
  } finally {
    await (embedded ?? database).close();
  }
}

async function runMigrate(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { to: { type: 'string' } } });
  const config = loadConfig(process.env);
  if (values.to === undefined) return migrateData(config);
  requireEmbedded(config, 'Run this without MONGODB_URI.');
  if (!/^mongodb(\+srv)?:\/\/[^/?\s]+\/[^/?\s]+/.test(values.to))
    throw new Refusal('--to is an address with a database’s name, such as mongodb://localhost:27017/clipcue');
  const source = await openEmbedded(config.dataDir);
  try {
    if (source.isRunning) throw new Refusal('Stop Clipcue first: what it writes meanwhile would be lost.');
    await move(source.database.connection, values.to);
    print(
      'Everything is there, and compared byte for byte. Now set MONGODB_URI to that address, and TOKEN_KEYS to the',
    );
    print(
      `content of ${join(config.dataDir, KEYS_NAME)} where you have not set it, and start. This folder’s database is on standby now.`,
    );
  } finally {
    await source.close();
  }
}

async function move(connection: Awaited<ReturnType<typeof connectDatabase>>['connection'], uri: string): Promise<void> {
  const standby = createStandbyStore(createMarkStore(connection));
  // Of an earlier move: this folder stays on standby whatever becomes of the new one, and the mark does not go along.
  const leftOut = (await standby.read())?.reason === 'moved' ? STANDBY_PLACE : null;
  const target = await connectDatabase(uri);
  try {
    if (!connection.db || !target.connection.db) throw new AppError('database_unavailable');
    await moveAll(connection.db, target.connection.db, { print, leftOut });
    // Started again by mistake, it would post what the bot on the MongoDB posts too. Before the end, so that after a crash in
    // between the move can be run again.
    await standby.write({ reason: 'moved', at: new Date() });
    await endMove(target.connection.db);
  } finally {
    await target.close();
  }
}

async function migrateData({ mongodbUri }: Config): Promise<void> {
  if (mongodbUri === null)
    throw new Refusal('The embedded database is migrated at start, after a copy of it was made.');
  const { connection, close } = await connectDatabase(mongodbUri);
  try {
    const migrator = createMigrator(connection, createMarkStore(connection));
    const isDone = await migrator.run(newId(), ({ to, about }) => print(`to data version ${to}: ${about}`));
    if (!isDone) throw new Refusal('Another process is migrating this database.');
    print(`The data has version ${(await migrator.read()).version}.`);
  } finally {
    await close();
  }
}

const readVersion = (): string =>
  (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }).version;

const [name = '', ...args] = process.argv.slice(2);
const run = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
try {
  if (!run) throw new Refusal(USAGE);
  await run(args);
} catch (error) {
  const isArgument = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  if (
    !(
      error instanceof Refusal ||
      error instanceof ConfigError ||
      isArgument ||
      isAppError(error, 'database_unavailable')
    )
  )
    throw error;
  process.exitCode = 1;
  process.stderr.write(isAppError(error) ? 'The database does not answer.\n' : `${(error as Error).message}\n`);
}
