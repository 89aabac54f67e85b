// Messages that the bot sends by itself. They go to direct messages and nowhere else; where those are closed, a person who has just
// used a command sees them there, as a message that nobody else can see, and otherwise they wait.

import type { OutgoingMessage, SendOutcome } from '../../chat/adapter.ts';
import type { Compose } from './composing.ts';
import type { DirectMessages } from './direct-messages.ts';
import {
  isClosedToUs,
  isFollowedEnough,
  isMessageGone,
  isMissingAccess,
  isTokenOver,
  retryDelayMs,
} from './failures.ts';
import type { DiscordMessage } from './render/message.ts';

/** An interaction can be followed up for fifteen minutes (docs.discord.com, Receiving and Responding); less the way there. */
const OPEN_FOR_MS = 14 * 60_000;
/** Each refused message counts towards a ban of this machine's address, so who is closed is remembered until they come back. */
const REMEMBERED = 10_000;
/** Discord's "missing access" comes and goes: only several in a row mean that the person is closed. */
const STRIKES = 3;
const STRIKE_DELAY_MS = 10 * 60_000;

/** Says something more where a person has just got an answer, for their eyes only. */
export type FollowUp = (message: DiscordMessage) => Promise<void>;

export interface DeliveryDeps {
  readonly direct: DirectMessages;
  readonly compose: Compose;
  readonly clock: () => number;
  readonly log: { warn(facts: object, message: string): void };
}

export type Delivery = ReturnType<typeof createDelivery>;

export function createDelivery({ direct, compose, clock, log }: DeliveryDeps) {
  const strikes = new Map<string, number>();
  const openings = new Map<string, { followUp: FollowUp; until: number }>();

  /** The oldest goes where there are too many. */
  function remember<T>(map: Map<string, T>, userId: string, value: T): void {
    map.delete(userId);
    map.set(userId, value);
    const [oldest] = map.keys();
    if (map.size > REMEMBERED && oldest !== undefined) map.delete(oldest);
  }

  /** False where there is no fresh interaction to say it at. */
  async function followUp(userId: string, message: DiscordMessage): Promise<boolean> {
    const opening = openings.get(userId);
    if (!opening || opening.until <= clock()) return false;
    try {
      await opening.followUp(message);
      return true;
    } catch (error) {
      if (!isTokenOver(error) && !isMessageGone(error) && !isFollowedEnough(error)) throw error;
      openings.delete(userId);
      return false;
    }
  }

  async function post(userId: string, message: DiscordMessage, outgoing: OutgoingMessage): Promise<string | null> {
    const channelId = await direct.open(userId);
    if (outgoing.edits !== null) {
      try {
        await direct.edit(channelId, outgoing.edits, message);
        return outgoing.edits;
      } catch (error) {
        if (!isMessageGone(error)) throw error;
        // The person deleted it. A silent touch-up has nothing left to do; news is told anew.
        if (outgoing.silent) return null;
      }
    }
    return direct.post(channelId, message, outgoing);
  }

  /** Null where the person's direct messages are closed. */
  async function sendDirect(userId: string, outgoing: OutgoingMessage): Promise<SendOutcome | null> {
    if ((strikes.get(userId) ?? 0) >= STRIKES) return null;
    try {
      const messageRef = await post(userId, await compose(outgoing.reply), outgoing);
      strikes.delete(userId);
      return { kind: 'sent', messageRef };
    } catch (error) {
      if (!isClosedToUs(error)) throw error;
      remember(strikes, userId, STRIKES);
      return null;
    }
  }

  async function send(userId: string, outgoing: OutgoingMessage): Promise<SendOutcome> {
    try {
      const sent = await sendDirect(userId, outgoing);
      if (sent) return sent;
      // A touch-up of a message in a closed chat is seen by nobody.
      const isTouchUp = outgoing.edits !== null && outgoing.silent;
      const isSeen = isTouchUp || (await followUp(userId, await compose(outgoing.reply)));
      return isSeen ? { kind: 'sent', messageRef: null } : { kind: 'unreachable' };
    } catch (error) {
      if (isMissingAccess(error)) {
        remember(strikes, userId, (strikes.get(userId) ?? 0) + 1);
        return { kind: 'retryAfter', delayMs: STRIKE_DELAY_MS };
      }
      const delayMs = retryDelayMs(error);
      if (delayMs === null) throw error;
      log.warn({ delayMs, reason: String(error) }, 'a direct message must wait');
      return { kind: 'retryAfter', delayMs };
    }
  }

  return {
    /** A person did something: direct messages may work again, and for a while this is where they look. */
    noteContact(userId: string, say: FollowUp): void {
      strikes.delete(userId);
      remember(openings, userId, { followUp: say, until: clock() + OPEN_FOR_MS });
    },

    /** A person wrote to the bot, so it may write to them. */
    noteMessage(userId: string): void {
      strikes.delete(userId);
    },

    send,
  };
}
