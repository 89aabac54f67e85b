/**
 * Faults on order: what is to go wrong, on which route, how often or until when. A fault is used up before its effect,
 * and what is left of it survives a restart.
 */
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ApiError, type ApiErrorCode, newLogId, sendError } from './envelope.ts';
import type { Journal } from './journal.ts';

export const FAULT_ROUTES = [
  'token',
  'revoke',
  'user_info',
  'creator_info',
  'init',
  'inbox_init',
  'upload',
  'status',
  'cancel',
] as const;
export type FaultRoute = (typeof FAULT_ROUTES)[number];

export const FAIL_REASONS = [
  'internal',
  'file_format_check_failed',
  'duration_check_failed',
  'frame_rate_check_failed',
  'picture_size_check_failed',
  'spam_risk',
  'spam_risk_text',
  'spam_risk_too_many_posts',
  'spam_risk_user_banned_from_posting',
] as const;
export type FailReason = (typeof FAIL_REASONS)[number] | 'auth_removed' | 'publish_cancelled';

const when = {
  /** How many times; without it, until `until`, or for ever. */
  count: z.int().min(1).optional(),
  /** Epoch milliseconds. */
  until: z.int().optional(),
  /** Share of the calls that it strikes. */
  probability: z.number().gt(0).max(1).default(1),
};
const route = z.enum([...FAULT_ROUTES, 'any']).default('any');

export const faultSchema = z.discriminatedUnion('kind', [
  /** 429 rate_limit_exceeded before any effect. */
  z.strictObject({ kind: z.literal('429'), route, ...when }),
  /** A server error before any effect. */
  z.strictObject({ kind: z.literal('5xx'), route, status: z.int().min(500).max(599).default(500), ...when }),
  /** The effect happens, then the connection is cut instead of a reply. */
  z.strictObject({ kind: z.literal('lost_reply'), route, ...when }),
  /** The connection is cut in the middle of the request's body (after `afterBytes` of an upload); nothing happens. */
  z.strictObject({ kind: z.literal('reset'), route, afterBytes: z.int().min(0).default(65_536), ...when }),
  /** Waits before it looks at the request; an upload's body is then read at most so fast. */
  z.strictObject({
    kind: z.literal('slow'),
    route,
    delayMs: z.int().min(0).max(600_000).default(0),
    bytesPerSecond: z.int().min(1024).optional(),
    ...when,
  }),
  /** Processing of a completed upload ends as FAILED. */
  z.strictObject({ kind: z.literal('fail_processing'), failReason: z.enum(FAIL_REASONS), ...when }),
  /** The publish id asked for next is not known any more (its post goes on all the same). */
  z.strictObject({ kind: z.literal('forget_publish_id'), ...when }),
]);

export type Fault = z.infer<typeof faultSchema>;
export type FaultInput = z.input<typeof faultSchema>;
type FaultOf<K extends Fault['kind']> = Extract<Fault, { kind: K }>;

export interface Faults {
  add(fault: FaultInput): number;
  list(): (Fault & { id: number })[];
  /** Takes one fault back, or all. */
  remove(id?: number): void;
  /** The fault of that kind that strikes now, used up by one; for a kind with routes, `route` is the one called. */
  take<K extends Fault['kind']>(kind: K, facts: { route?: FaultRoute; publishId?: string }): FaultOf<K> | undefined;
}

/** `random` gives numbers in [0, 1); a seeded one makes a run repeatable. */
export function createFaults(db: DatabaseSync, clock: () => number, random: () => number, journal: Journal): Faults {
  const insert = db.prepare('INSERT INTO faults (json) VALUES (?)');
  const update = db.prepare('UPDATE faults SET json = ? WHERE id = ?');
  const erase = db.prepare('DELETE FROM faults WHERE id = ?');
  const queue = new Map<number, Fault>();
  for (const row of db.prepare('SELECT * FROM faults ORDER BY id').all()) {
    queue.set(Number(row.id), faultSchema.parse(JSON.parse(String(row.json))));
  }

  function remove(id: number): void {
    queue.delete(id);
    erase.run(id);
  }

  return {
    add(input) {
      const fault = faultSchema.parse(input);
      const id = Number(insert.run(JSON.stringify(fault)).lastInsertRowid);
      queue.set(id, fault);
      return id;
    },
    list: () => [...queue].map(([id, fault]) => ({ id, ...fault })),
    remove(id) {
      for (const known of id === undefined ? [...queue.keys()] : [id]) remove(known);
    },
    take<K extends Fault['kind']>(kind: K, facts: { route?: FaultRoute; publishId?: string }) {
      for (const [id, fault] of queue) {
        if (fault.until !== undefined && fault.until <= clock()) {
          remove(id);
          continue;
        }
        if (fault.kind !== kind) continue;
        if ('route' in fault && fault.route !== 'any' && fault.route !== facts.route) continue;
        if (fault.probability < 1 && random() >= fault.probability) continue;
        if (fault.count === 1) remove(id);
        else if (fault.count !== undefined) {
          const left = { ...fault, count: fault.count - 1 };
          queue.set(id, left);
          update.run(JSON.stringify(left), id);
        }
        journal.append('fault', { code: kind, ...facts });
        return fault as FaultOf<K>;
      }
      return undefined;
    },
  };
}

/** What an upload's handler has to do about its body. */
export interface BodyFault {
  resetAfterBytes?: number | undefined;
  bytesPerSecond?: number | undefined;
}

const bodyFaults = new WeakMap<FastifyRequest, BodyFault>();
const repliesToLose = new WeakSet<FastifyRequest>();

export const bodyFaultOf = (request: FastifyRequest): BodyFault => bodyFaults.get(request) ?? {};

/** Route options that let faults strike `route`; spread them into the route's own. */
export function strikeable(faults: Faults, route: FaultRoute) {
  return {
    async onRequest(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
      const slow = faults.take('slow', { route });
      if (slow !== undefined && slow.delayMs > 0) await sleep(slow.delayMs, undefined, { ref: false });
      if (faults.take('429', { route }) !== undefined) return refuse(reply, route, 'rate_limit_exceeded', 429);
      const broken = faults.take('5xx', { route });
      if (broken !== undefined) return refuse(reply, route, 'internal_error', broken.status);
      const reset = faults.take('reset', { route });
      if (reset !== undefined && route !== 'upload') {
        reply.raw.destroy();
        return reply.hijack();
      }
      if (faults.take('lost_reply', { route }) !== undefined) repliesToLose.add(request);
      // A body shorter than that is cut in its middle.
      const halfBytes = Math.floor(Number(request.headers['content-length'] ?? 0) / 2);
      const resetAfterBytes = reset && Math.min(reset.afterBytes, halfBytes);
      bodyFaults.set(request, { resetAfterBytes, bytesPerSecond: slow?.bytesPerSecond });
      return undefined;
    },
    async onSend(request: FastifyRequest, reply: FastifyReply): Promise<void> {
      if (repliesToLose.has(request)) reply.raw.destroy();
    },
  };
}

/** In the manner of the route: OAuth's errors are flat, the API's in its envelope. */
function refuse(reply: FastifyReply, route: FaultRoute, code: ApiErrorCode, status: number): FastifyReply {
  if (route !== 'token' && route !== 'revoke') return sendError(reply, new ApiError(code, { status }));
  const error = status === 500 ? 'server_error' : 'temporarily_unavailable';
  return reply.code(status).send({ error, error_description: 'Please try again later.', log_id: newLogId() });
}
