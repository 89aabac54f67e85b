// The connection to Discord's gateway: discord.js resumes, reconnects and shards by itself; here is what it is told, when it counts
// as working, and in a sentence why it never will.

import { setTimeout as sleep } from 'node:timers/promises';
import {
  Client,
  DiscordjsError,
  DiscordjsErrorCodes,
  Events,
  GatewayCloseCodes,
  GatewayIntentBits,
  Options,
  Partials,
  Status,
} from 'discord.js';
import { makeRequestUntil } from './requests.ts';

/** Closes after which discord.js gives up, as what the operator must do. */
const FATAL_CLOSES: Readonly<Record<number, string>> = {
  [GatewayCloseCodes.AuthenticationFailed]:
    'Discord does not accept DISCORD_TOKEN: reset the token in the Developer Portal (Bot) and set the new one.',
  [GatewayCloseCodes.InvalidShard]: 'Discord refused the shard that this bot named; please report this.',
  [GatewayCloseCodes.ShardingRequired]: 'Discord wants this bot in more shards; restart it and it asks how many.',
  [GatewayCloseCodes.InvalidAPIVersion]: 'Discord no longer speaks this version of its API; update Clipcue.',
  [GatewayCloseCodes.InvalidIntents]: 'Discord does not know the events that Clipcue asked for; update Clipcue.',
  [GatewayCloseCodes.DisallowedIntents]:
    'Discord refused the events that Clipcue asked for, which are no privileged ones; update Clipcue or please report this.',
};

/** How long start waits for the connection before it goes on without: Discord being down must stop nothing else. */
const READY_WITHIN_MS = 10_000;
const RETRY_BASE_MS = 5_000;
const RETRY_CAP_MS = 5 * 60_000;
/** People whose names are remembered between their commands; more would only cost memory. */
const CACHED_USERS = 500;

export interface GatewayLog {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

export interface GatewayOptions {
  readonly token: string;
  /** Null: Discord itself. */
  readonly apiRoot: string | null;
  readonly log: GatewayLog;
}

export type Gateway = ReturnType<typeof createGateway>;

export function createGateway({ token, apiRoot, log }: GatewayOptions) {
  const stopping = new AbortController();
  let client: Client | null = null;
  let fault: string | null = null;
  let connecting: Promise<void> = Promise.resolve();

  /** A client for each try: one whose login failed counts as destroyed for discord.js, and would never close again. */
  function createClient(): Client {
    const made = new Client({
      // Not privileged. It brings the clips that people send to the bot; commands, buttons and forms come without any.
      intents: [GatewayIntentBits.DirectMessages],
      // Direct messages arrive in channels that the bot has not seen before.
      partials: [Partials.Channel],
      allowedMentions: { parse: [], repliedUser: false },
      shards: 'auto',
      rest: {
        ...(apiRoot && { api: apiRoot }),
        makeRequest: makeRequestUntil(stopping.signal),
        // discord.js counts answers to interactions into Discord's limit of 50 requests a second, which they are exempt from:
        // with two hundred people at once the last would be answered after the three seconds they have.
        globalRequestsPerSecond: 100_000,
      },
      // Nothing is read from these caches, and they would grow for ever.
      makeCache: Options.cacheWithLimits({
        ...Options.DefaultMakeCacheSettings,
        MessageManager: 0,
        UserManager: { maxSize: CACHED_USERS, keepOverLimit: user => user.id === user.client.user.id },
      }),
    });
    made.on(Events.Error, error => log.error({ err: error }, 'a Discord event failed'));
    made.on(Events.ShardError, (error, shardId) =>
      log.warn({ shardId, reason: error.message }, 'Discord: connection error'),
    );
    made.on(Events.ShardReconnecting, shardId => log.info({ shardId }, 'Discord: reconnecting'));
    const begun = new Set<number>();
    made.on(Events.ShardReady, shardId => {
      if (begun.has(shardId))
        log.warn(
          { shardId },
          'Discord ended the session and a new one has begun; what people did in between was lost.',
        );
      begun.add(shardId);
    });
    made.on(Events.ShardResume, (shardId, replayedEvents) => log.info({ shardId, replayedEvents }, 'Discord: resumed'));
    made.on(Events.ShardDisconnect, ({ code }, shardId) => {
      if (stopping.signal.aborted) return;
      fault = FATAL_CLOSES[code] ?? `Discord closed the connection for good (${code}).`;
      log.error({ shardId, code }, fault);
    });
    return made;
  }

  /** Comes back once connected, given up on or stopped; a Discord that is down is tried again until then. */
  async function connect(listen: (client: Client) => void): Promise<void> {
    for (let tries = 0; !stopping.signal.aborted; tries++) {
      client = createClient();
      listen(client);
      try {
        await client.login(token);
        return;
      } catch (error) {
        if (error instanceof DiscordjsError && error.code === DiscordjsErrorCodes.TokenInvalid) {
          fault = FATAL_CLOSES[GatewayCloseCodes.AuthenticationFailed] ?? '';
          return;
        }
        const delayMs = Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** tries);
        const reason = error instanceof Error ? error.message : String(error);
        log.warn({ reason, delayMs }, 'Discord cannot be reached; trying again');
        await sleep(delayMs, undefined, { signal: stopping.signal }).catch(ignoreAbort);
      }
    }
  }

  return {
    /**
     * Connects; `listen` is given each client before it hears anything. Comes back after ten seconds at the latest: a Discord
     * that is down is tried again in the background.
     * @throws Error with a sentence for the operator where trying again changes nothing.
     */
    async start(listen: (client: Client) => void): Promise<void> {
      const settled = Promise.withResolvers<void>();
      connecting = connect(made => {
        made.once(Events.ClientReady, () => settled.resolve());
        made.once(Events.ShardDisconnect, () => settled.resolve());
        listen(made);
      });
      connecting.then(() => (fault === null ? undefined : settled.resolve()), settled.reject);
      stopping.signal.addEventListener('abort', () => settled.resolve());
      const timer = setTimeout(settled.resolve, READY_WITHIN_MS);
      await settled.promise.finally(() => clearTimeout(timer));
      if (fault !== null) throw new Error(fault);
    },

    /** By the shards: discord.js keeps saying `isReady()` after a close that ended everything. */
    isReady(): boolean {
      const shards = client?.ws.shards;
      return fault === null && Boolean(shards?.size) && Boolean(shards?.every(({ status }) => status === Status.Ready));
    },

    /** Why Discord will not work until somebody does something; null while it may. */
    fault: (): string | null => fault,

    async stop(): Promise<void> {
      stopping.abort();
      await connecting;
      await client?.destroy();
    },
  };
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error && error.name === 'AbortError')) throw error;
}
