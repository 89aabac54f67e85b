// A breaker for each of TikTok's endpoints: after many outages in a row nobody calls it for a moment, then one call tries. Only
// outages count, a server's fault or no answer at all: TikTok's refusals prove that it works.

import { type CircuitBreakerPolicy, CircuitState, ConsecutiveBreaker, circuitBreaker, handleAll } from 'cockatiel';
import { AppError, type ErrorCode, isAppError } from '../domain/errors.ts';

const ENDPOINTS = ['creatorInfo', 'init', 'upload', 'status', 'token'] as const;
export type Endpoint = (typeof ENDPOINTS)[number];

const OUTAGES: readonly ErrorCode[] = ['tiktok_internal', 'tiktok_unavailable', 'tiktok_unreachable', 'tiktok_timeout'];

export interface BreakerOptions {
  /** Outages in a row that open a breaker. */
  readonly failures: number;
  /** How long it stays open before one call tries, ms. */
  readonly restMs: number;
}

/** With three calls in ten failing, ten in a row are one in two hundred thousand; a real outage opens it within a second. */
export const DEFAULT_BREAKERS: BreakerOptions = { failures: 10, restMs: 5_000 };

export type Breakers = ReturnType<typeof createBreakers>;

export function createBreakers({ failures, restMs }: BreakerOptions = DEFAULT_BREAKERS) {
  const make = (): CircuitBreakerPolicy =>
    circuitBreaker(handleAll, { halfOpenAfter: restMs, breaker: new ConsecutiveBreaker(failures) });
  const breakers: Readonly<Record<Endpoint, CircuitBreakerPolicy>> = {
    creatorInfo: make(),
    init: make(),
    upload: make(),
    status: make(),
    token: make(),
  };
  let openedAtMs: Partial<Record<Endpoint, number>> = {};
  for (const endpoint of ENDPOINTS)
    breakers[endpoint].onBreak(() => {
      openedAtMs = { ...openedAtMs, [endpoint]: performance.now() };
    });

  function remainingMs(endpoint: Endpoint): number {
    const openedMs = openedAtMs[endpoint];
    return openedMs === undefined ? 0 : Math.ceil(openedMs + restMs - performance.now());
  }

  return {
    /**
     * Runs `call` unless the endpoint is given a rest.
     * @throws AppError `tiktok_paused` with `waitMs`, at once and without a call; whatever `call` throws.
     */
    async run<T>(endpoint: Endpoint, call: () => Promise<T>): Promise<T> {
      const breaker = breakers[endpoint];
      const leftMs = remainingMs(endpoint);
      // While one call tries, the others would wait for it with their leases: they come back instead.
      if (breaker.state === CircuitState.HalfOpen || (breaker.state === CircuitState.Open && leftMs > 0))
        throw new AppError('tiktok_paused', { waitMs: Math.max(leftMs, Math.ceil(restMs / 2)) });
      const outcome = await breaker.execute(async () => {
        try {
          return { value: await call() };
        } catch (error) {
          if (isAppError(error, ...OUTAGES)) throw error;
          return { error };
        }
      });
      if ('error' in outcome) throw outcome.error;
      return outcome.value;
    },
  };
}
