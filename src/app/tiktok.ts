// Which TikTok there is: the real one, or the simulator.

import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { World } from '../domain/account.ts';
import type { Log } from '../log.ts';
import type { Closers } from './closers.ts';

export interface TikTokAccess {
  readonly world: World;
  readonly apiOrigin: string;
  readonly authorizeOrigin: string;
  readonly clientKey: string;
  readonly clientSecret: string;
  readonly simulatorOrigin: string | null;
}

/** TikTok where a client key is configured; the simulator where none is. */
export async function openTikTok(config: Config, log: Log, closers: Closers): Promise<TikTokAccess> {
  if (config.tiktok.kind === 'live') {
    const { world, apiOrigin, loginOrigin, clientKey, clientSecret } = config.tiktok;
    return { world, apiOrigin, authorizeOrigin: loginOrigin, clientKey, clientSecret, simulatorOrigin: null };
  }
  const { startSimulator, SIMULATOR_CLIENT } = await import('../simulator/simulator.ts');
  const simulator = await startSimulator({
    dataDir: join(config.dataDir, 'simulator'),
    port: config.simulatorPort,
    log,
  });
  closers.push(simulator.stop);
  const { origin } = simulator;
  return {
    world: 'simulator',
    apiOrigin: origin,
    authorizeOrigin: origin,
    clientKey: SIMULATOR_CLIENT.key,
    clientSecret: SIMULATOR_CLIENT.secret,
    simulatorOrigin: origin,
  };
}
