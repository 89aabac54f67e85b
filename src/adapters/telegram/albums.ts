// Albums: Telegram sends an update for each item, with nothing that says how many there are, so items are gathered until none
// has come for a moment.

import type { Message } from 'grammy/types';

const QUIET_MS = 700;
/** Telegram's most for one album (core.telegram.org/bots/api#sendmediagroup). */
const ITEMS_MAX = 10;

interface Gathering {
  readonly items: Message[];
  readonly done: Promise<void>;
  close(): void;
  timer: NodeJS.Timeout | undefined;
}

export interface Albums {
  /**
   * Adds an item. The first one of an album is given to `handle`, together with a promise of all of them; every item's own promise
   * ends when that is done.
   */
  add(id: string, message: Message, handle: (gathered: Promise<readonly Message[]>) => Promise<void>): Promise<void>;
  /** Waits for no more items. */
  closeAll(): void;
}

export function createAlbums(): Albums {
  const open = new Map<string, Gathering>();

  function begin(id: string, handle: (gathered: Promise<readonly Message[]>) => Promise<void>): Gathering {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const items: Message[] = [];
    const gathering: Gathering = {
      items,
      // In the order in which they were sent, whatever order they came in.
      done: handle(closed.then(() => items.toSorted((a, b) => a.message_id - b.message_id))),
      timer: undefined,
      close() {
        clearTimeout(gathering.timer);
        open.delete(id);
        resolve();
      },
    };
    open.set(id, gathering);
    return gathering;
  }

  return {
    add(id, message, handle) {
      const gathering = open.get(id) ?? begin(id, handle);
      gathering.items.push(message);
      clearTimeout(gathering.timer);
      if (gathering.items.length === ITEMS_MAX) gathering.close();
      else gathering.timer = setTimeout(gathering.close, QUIET_MS);
      return gathering.done;
    },
    closeAll() {
      for (const gathering of [...open.values()]) gathering.close();
    },
  };
}
