// A person who uses Clipcue, and where they can be reached.

/** One chat platform's view of a person. `chatId` is where direct messages to them go. */
export interface Identity {
  readonly platform: string;
  readonly personId: string;
  readonly chatId: string;
  readonly name: string;
}

/**
 * - `owner`: invites others, and hears how the bot is doing;
 * - `member`: was let in by the owner and stays;
 * - `guest`: came through an open door and is answered only while it stands open.
 */
export const USER_ROLES = ['owner', 'member', 'guest'] as const;
export type UserRole = (typeof USER_ROLES)[number];

export type NoticeSetting = 'each' | 'daily' | 'problems';

export interface User {
  readonly id: string;
  readonly identities: readonly Identity[];
  readonly role: UserRole;
  /** IANA name; null until the person was asked, since a guessed zone schedules at the wrong hour. */
  readonly zone: string | null;
  readonly defaultAccountId: string | null;
  readonly notices: NoticeSetting;
  /** How late a post may go out without asking them, ms. */
  readonly latenessMs: number;
}

/** The one spelling of "this person on that platform", used as a unique key. */
export const identityKey = (platform: string, personId: string): string => `${platform}:${personId}`;
