// One request at a time writes to an upload. A newer one asks the holder to end: after a broken connection the old request may not
// have noticed yet, and the person should not wait for it.

import { ERRORS, type Locker } from '@tus/server';

const WAIT_MS = 10_000;

interface Holder {
  readonly requestRelease: () => void | Promise<void>;
  readonly freed: Promise<void>;
}

/** Locks in this process's memory; an upload's bytes are on this machine anyway. */
export function createUploadLocks(): Locker {
  const holders = new Map<string, Holder>();
  return {
    newLock(id) {
      let free = () => {};
      return {
        async lock(signal, requestRelease) {
          for (let holder = holders.get(id); holder; holder = holders.get(id)) {
            await holder.requestRelease();
            if (!(await settlesIn(holder.freed, signal))) throw ERRORS.ERR_LOCK_TIMEOUT;
          }
          const { promise: freed, resolve } = Promise.withResolvers<void>();
          free = resolve;
          holders.set(id, { requestRelease, freed });
        },
        async unlock() {
          holders.delete(id);
          free();
        },
      };
    },
  };
}

/** False where it takes too long, or the one who waits has gone. */
async function settlesIn(freed: Promise<void>, signal: AbortSignal): Promise<boolean> {
  const end = AbortSignal.any([signal, AbortSignal.timeout(WAIT_MS)]);
  const ended = new Promise<boolean>(resolve => {
    end.addEventListener('abort', () => resolve(false), { once: true });
  });
  return Promise.race([freed.then(() => true), ended]);
}
