// How many of one chat's messages may wait. They are answered in their order, so all stand behind a clip that comes slowly; each is
// written down meanwhile, and what may be written down is meant for everybody.

/** Nobody needs that many for a batch of clips and its words. */
export const WAITING_AT_ONCE = 100;

export interface Crowding {
  /**
   * Runs `task`, unless too many of the chat's wait: then that is told, once, and everything further is left out until all that waited
   * is done. Taking single ones in between would answer what nobody can tell apart from what was left out.
   */
  run(chat: string, task: () => Promise<void>, tell: () => Promise<void>): Promise<void>;
}

export function createCrowding(): Crowding {
  const chats = new Map<string, { waiting: number; isFull: boolean }>();

  return {
    async run(chat, task, tell) {
      const room = chats.get(chat) ?? { waiting: 0, isFull: false };
      if (room.isFull) return;
      if (room.waiting === WAITING_AT_ONCE) {
        room.isFull = true;
        return tell();
      }
      chats.set(chat, room);
      room.waiting += 1;
      try {
        await task();
      } finally {
        room.waiting -= 1;
        if (room.waiting === 0) chats.delete(chat);
      }
    },
  };
}
