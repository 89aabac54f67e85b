// Which TikTok there is: the real one, or the simulator.

import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { World } from '../domain/account.ts';
import { CALLBACK_PATH } from '../domain/pasted-address.ts';
import { TIKTOK_WEBHOOK_PATH } from '../domain/tiktok-webhook-path.ts';
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

/** Where this machine reaches the web server. */
const ownAddress = ({ host, port }: Config): string =>
  `http://${['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host}:${port}`;

/** TikTok where a client key is configured; the simulator where none is. */
export async function openTikTok(config: Config, log: Log, closers: Closers): Promise<TikTokAccess> {
  if (config.tiktok.kind === 'live') {
    const { world, apiOrigin, loginOrigin, clientKey, clientSecret } = config.tiktok;
    return { world, apiOrigin, authorizeOrigin: loginOrigin, clientKey, clientSecret, simulatorOrigin: null };
  }
  const { startSimulator, SIMULATOR_CLIENT } = await import('../simulator/simulator.ts');
  // What TikTok's portal is told by hand.
  const webhookUrl = ownAddress(config) + TIKTOK_WEBHOOK_PATH;
  const simulator = await startSimulator({
    dataDir: join(config.dataDir, 'simulator'),
    port: config.simulatorPort,
    log,
    settings: { clients: { [SIMULATOR_CLIENT.key]: { webhookUrl, webRedirects: webRedirectsOf(config.publicUrl) } } },
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

/** What would stand in TikTok's portal. Addresses of this machine are registered with the simulator anyway. */
const webRedirectsOf = (publicUrl: string): string[] =>
  publicUrl.startsWith('https:') ? [publicUrl + CALLBACK_PATH] : [];
