// Discord's refusals by their number (docs.discord.com, Opcodes and Status Codes), and what each means here.

import { DiscordAPIError, HTTPError, RateLimitError, RESTJSONErrorCodes } from 'discord.js';
import { isBrokenConnection } from './requests.ts';

/** Whether Discord refused with one of `codes`. */
export const isRefusal = (error: unknown, ...codes: number[]): error is DiscordAPIError =>
  error instanceof DiscordAPIError && codes.includes(Number(error.code));

/** Three seconds were over, or somebody else has answered: nothing of ours can be shown there, and nothing may be done. */
export const isAnsweredOrOver = (error: unknown): boolean =>
  isRefusal(error, RESTJSONErrorCodes.UnknownInteraction, RESTJSONErrorCodes.InteractionHasAlreadyBeenAcknowledged);

/** The message is gone: deleted, or an ephemeral one that was dismissed. */
export const isMessageGone = (error: unknown): boolean =>
  isRefusal(error, RESTJSONErrorCodes.UnknownMessage, RESTJSONErrorCodes.UnknownChannel);

/** The fifteen minutes of an interaction are over. */
export const isTokenOver = (error: unknown): boolean =>
  isRefusal(error, RESTJSONErrorCodes.InvalidWebhookToken, RESTJSONErrorCodes.UnknownWebhook);

/** Only so many messages may follow an interaction where the server does not have the bot (docs.discord.com, Followup Messages). */
export const isFollowedEnough = (error: unknown): boolean =>
  isRefusal(error, RESTJSONErrorCodes.ThisInteractionHasHitTheMaximumNumberOfFollowUpMessages);

/** The person takes no direct messages from the bot until they change something. */
export const isClosedToUs = (error: unknown): boolean =>
  isRefusal(
    error,
    RESTJSONErrorCodes.CannotSendMessagesToThisUser,
    RESTJSONErrorCodes.CannotSendMessagesToThisUserDueToHavingNoMutualGuilds,
    RESTJSONErrorCodes.UnknownUser,
    RESTJSONErrorCodes.CannotExecuteActionOnDMChannel,
  );

/** Comes and goes with people who installed the bot for themselves (discord-api-docs, issues 7275 and 7666). */
export const isMissingAccess = (error: unknown): boolean => isRefusal(error, RESTJSONErrorCodes.MissingAccess);

const WAIT_MS = 15_000;

/** How long to wait before the same request may be sent again, ms; null where trying again changes nothing. */
export function retryDelayMs(error: unknown): number | null {
  if (error instanceof RateLimitError) return Math.max(error.retryAfter, error.timeToReset);
  if (isRefusal(error, RESTJSONErrorCodes.OpeningDirectMessagesTooFast)) return 60_000;
  if (error instanceof HTTPError) return WAIT_MS;
  if (error instanceof DiscordAPIError) return error.status >= 500 ? WAIT_MS : null;
  const isTimeout = error instanceof Error && error.name === 'AbortError';
  const isBroken = error instanceof Error && 'code' in error && error.code === 'ECONNRESET';
  return isTimeout || isBroken || isBrokenConnection(error) ? WAIT_MS : null;
}
