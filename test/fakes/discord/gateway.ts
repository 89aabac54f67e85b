// The gateway of a Discord of ours: HELLO, IDENTIFY, READY, RESUME with what was missed, and the ways in which it ends a connection.

import type { Server } from 'node:http';
import { GatewayCloseCodes, GatewayDispatchEvents, GatewayIntentBits, GatewayOpcodes } from 'discord.js';
import { type WebSocket, WebSocketServer } from 'ws';
import { apiUser, type DiscordState } from './state.ts';

const PRIVILEGED = GatewayIntentBits.GuildMembers | GatewayIntentBits.GuildPresences | GatewayIntentBits.MessageContent;
const HEARTBEAT_MS = 41_250;

interface Session {
  readonly id: string;
  readonly intents: number;
  readonly shardId: number;
  readonly events: { s: number; t: string; d: unknown }[];
  socket: WebSocket | null;
}

/** docs.discord.com, Gateway, Sharding. */
export const shardOf = (guildId: string, shards: number): number => Number((BigInt(guildId) >> 22n) % BigInt(shards));

export type FakeGateway = ReturnType<typeof createGateway>;

export interface GatewayDeps {
  readonly state: DiscordState;
  readonly tokens: ReadonlySet<string>;
  readonly urlOf: () => string;
  /** Into how many connections the bot's servers are spread. */
  readonly shards: number;
}

export function createGateway(server: Server, { state, tokens, urlOf, shards }: GatewayDeps) {
  const wss = new WebSocketServer({ server });
  const sessions = new Map<string, Session>();
  const log: string[] = [];
  let refusal: number | null = null;
  const watchers = new Set<() => void>();

  const note = (what: string) => {
    log.push(what);
    for (const watcher of watchers) watcher();
  };
  const send = (socket: WebSocket, op: GatewayOpcodes, d: unknown, s: number | null = null, t: string | null = null) =>
    socket.send(JSON.stringify({ op, d, s, t }));

  function identify(socket: WebSocket, d: { token: string; intents: number; shard?: [number, number] }): void {
    const [shardId, shardCount] = d.shard ?? [0, 1];
    note(shards === 1 ? `identify ${d.intents}` : `identify ${shardId} of ${shardCount}`);
    const isPrivileged = (d.intents & PRIVILEGED) !== 0;
    const refused =
      refusal ??
      (tokens.has(d.token) ? null : GatewayCloseCodes.AuthenticationFailed) ??
      (isPrivileged ? GatewayCloseCodes.DisallowedIntents : null);
    if (refused !== null) {
      socket.close(refused);
      return;
    }
    // A shard has one session: whoever identifies anew ends the one before.
    for (const { id, shardId: known } of sessions.values()) if (known === shardId) sessions.delete(id);
    const session: Session = { id: state.nextId(), intents: d.intents, shardId, events: [], socket };
    sessions.set(session.id, session);
    emit(session, GatewayDispatchEvents.Ready, {
      v: 10,
      user: apiUser({ id: state.botId, name: 'Clips' }, true),
      guilds: [],
      session_id: session.id,
      resume_gateway_url: urlOf(),
      shard: [shardId, shardCount],
      application: { id: state.applicationId, flags: 0 },
    });
    note('ready');
  }

  function resume(socket: WebSocket, d: { token: string; session_id: string; seq: number }): void {
    const session = sessions.get(d.session_id);
    note(session ? `resume ${d.seq}` : 'resume of an unknown session');
    if (!session) {
      send(socket, GatewayOpcodes.InvalidSession, false);
      return;
    }
    session.socket = socket;
    for (const { s, t, d: data } of session.events.filter(({ s }) => s > d.seq))
      send(socket, GatewayOpcodes.Dispatch, data, s, t);
    emit(session, GatewayDispatchEvents.Resumed, {});
    note('resumed');
  }

  function emit(session: Session, t: string, d: unknown): void {
    const s = session.events.length + 1;
    session.events.push({ s, t, d });
    if (session.socket?.readyState === 1) send(session.socket, GatewayOpcodes.Dispatch, d, s, t);
  }

  wss.on('connection', socket => {
    send(socket, GatewayOpcodes.Hello, { heartbeat_interval: HEARTBEAT_MS });
    socket.on('message', data => {
      const { op, d } = JSON.parse(String(data));
      if (op === GatewayOpcodes.Heartbeat) send(socket, GatewayOpcodes.HeartbeatAck, null);
      else if (op === GatewayOpcodes.Identify) identify(socket, d);
      else if (op === GatewayOpcodes.Resume) resume(socket, d);
    });
    socket.on('close', code => note(`closed ${code}`));
  });

  const live = (shardId?: number) =>
    [...sessions.values()].filter(
      session => session.socket?.readyState === 1 && (shardId === undefined || session.shardId === shardId),
    );

  return {
    log,

    /**
     * Tells the bot of an event, or keeps it for the bot's resumption: at the shard of its server, at the first one where there is
     * no server. `intent`: only those who asked for it hear.
     */
    dispatch(t: GatewayDispatchEvents, d: Record<string, unknown> & { guild_id?: string }, intent = 0): void {
      const shardId = d.guild_id === undefined ? 0 : shardOf(d.guild_id, shards);
      const session = [...sessions.values()].find(one => one.shardId === shardId);
      if (session && (intent === 0 || (session.intents & intent) !== 0)) emit(session, t, d);
    },

    /** Ends all connections, or that of one shard, the rough way; the bot may resume. */
    drop(shardId?: number): void {
      for (const { socket } of live(shardId)) socket?.terminate();
    },

    /** Asks the bot to reconnect (op 7). */
    askToReconnect(): void {
      for (const { socket } of live()) if (socket) send(socket, GatewayOpcodes.Reconnect, null);
    },

    /** Tells the bot that its session is over (op 9) and cannot be resumed. */
    invalidate(): void {
      for (const { socket } of live()) if (socket) send(socket, GatewayOpcodes.InvalidSession, false);
      sessions.clear();
    },

    /** Closes all connections, or that of one shard, with a code, and refuses every IDENTIFY from now on with the same. */
    close(code: number, shardId?: number): void {
      refusal = code;
      for (const { socket } of live(shardId)) socket?.close(code);
    },

    refuse(code: number | null): void {
      refusal = code;
    },

    /** Waits until the log has `count` entries that match. */
    waitFor(matches: RegExp, count = 1, timeoutMs = 10_000): Promise<void> {
      return new Promise((resolve, reject) => {
        const look = () => {
          if (log.filter(entry => matches.test(entry)).length < count) return;
          clearTimeout(timer);
          watchers.delete(look);
          resolve();
        };
        const timer = setTimeout(() => {
          watchers.delete(look);
          reject(new Error(`the gateway waited for ${count} of ${matches}; it saw ${log.join(', ')}`));
        }, timeoutMs);
        watchers.add(look);
        look();
      });
    },

    async stop(): Promise<void> {
      for (const client of wss.clients) client.terminate();
      await new Promise(resolve => wss.close(resolve));
    },
  };
}
