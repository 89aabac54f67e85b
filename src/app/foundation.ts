// What everything else stands on: keys, database, TikTok, clips.

import { randomBytes } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { makeId } from '../domain/secrets.ts';
import type { Log } from '../log.ts';
import { createFrameDecoder } from '../media/ffmpeg.ts';
import { createSecondOpinion } from '../media/ffprobe.ts';
import { connectTo, createLinkSource } from '../media/link-source.ts';
import { createPosters } from '../media/posters.ts';
import { createProber } from '../media/probe.ts';
import { isProgram } from '../media/program.ts';
import { readOrMakeKeyFile } from '../stores/keyring.ts';
import { createTokenBox } from '../stores/token-box.ts';
import { createTikTokClient } from '../tiktok/client.ts';
import type { Closers } from './closers.ts';
import { openDatabase, openStandby, openStores } from './database.ts';
import { openMedia } from './media.ts';
import { openTikTok } from './tiktok.ts';

export type Foundation = Awaited<ReturnType<typeof openFoundation>>;

export async function openFoundation(config: Config, log: Log, clock: () => number, closers: Closers) {
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  const newId = () => makeId(randomBytes);
  const keyring = config.keyring ?? (await readOrMakeKeyFile(join(config.dataDir, 'token-keys')));
  const database = await openDatabase(config, log, closers);
  const stores = await openStores(database, clock);
  const standby = openStandby(stores, clock);
  const tiktokAccess = await openTikTok(config, log, closers);
  const tiktok = createTikTokClient({ ...tiktokAccess, clock });
  closers.push(async () => tiktok.close());
  const media = await openMedia(config, { clock, newId }, closers);
  const decode = config.ffmpegPath === null ? null : createFrameDecoder(config.ffmpegPath, log);
  const posters = createPosters({ media, decode, log });
  const links = createLinkSource({ resolve: name => lookup(name, { all: true }), connect: connectTo });
  closers.push(links.close);
  const prober = createProber({
    secondOpinion: config.ffprobePath === null ? undefined : createSecondOpinion(config.ffprobePath),
  });
  closers.push(() => prober.close());
  await tellOfMissingPrograms(config, log);
  return {
    config,
    log,
    clock,
    newId,
    random: randomBytes,
    tokenBox: createTokenBox(keyring),
    database,
    stores,
    standby,
    tiktokAccess,
    world: tiktokAccess.world,
    mode: config.tiktok.mode,
    tiktok,
    media,
    posters,
    links,
    prober,
  };
}

/** Clips are as good without them, so nothing ends here; but whoever set a path wants to know. */
async function tellOfMissingPrograms({ ffmpegPath, ffprobePath }: Config, log: Log): Promise<void> {
  if (ffmpegPath !== null && !(await isProgram(ffmpegPath, 'ffmpeg')))
    log.warn({ path: ffmpegPath }, 'FFMPEG_PATH names no ffmpeg that runs here: cards show drawn pictures');
  if (ffprobePath !== null && !(await isProgram(ffprobePath, 'ffprobe')))
    log.warn({ path: ffprobePath }, 'FFPROBE_PATH names no ffprobe that runs here: clips get no second opinion');
}
