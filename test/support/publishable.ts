// Accounts and scheduled posts made without a chat, for tests and benchmarks that begin where the publisher does.

import type { Account, World } from '#domain/account.ts';
import { type CreatorInfo, NO_CHOICES } from '#domain/choices.ts';
import { type Clip, NO_TRIES, type Post } from '#domain/post-record.ts';
import type { AccountStore, SealedGrant } from '#stores/accounts.ts';
import type { TokenBox } from '#stores/token-box.ts';

const SCOPES = ['user.info.basic', 'video.upload', 'video.publish'];

/** The token endpoint's answer, as the simulator gives it for `POST /simulator/grants` too. */
export interface TokenReply {
  readonly open_id: string;
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
  readonly refresh_expires_in: number;
}

export interface AccountPlace {
  readonly accounts: AccountStore;
  readonly tokenBox: TokenBox;
  readonly id: string;
  readonly ownerId: string;
  readonly world: World;
}

/** Connects an account with the tokens that TikTok gave. */
export async function connectAccount(
  { accounts, tokenBox, id, ownerId, world }: AccountPlace,
  displayName: string,
  reply: TokenReply,
): Promise<Account> {
  const place = (field: string) => ({ collection: 'accounts', id, field });
  const account: Account = {
    id,
    ownerId,
    world,
    mode: 'direct',
    openId: reply.open_id,
    unionId: reply.open_id,
    displayName,
    avatarUrl: '',
    label: null,
    scopes: SCOPES,
    status: 'active',
    connectedAt: new Date(),
  };
  const grant: SealedGrant = {
    accessToken: tokenBox.seal(reply.access_token, place('accessToken')),
    refreshToken: tokenBox.seal(reply.refresh_token, place('refreshToken')),
    accessExpiresAt: new Date(Date.now() + reply.expires_in * 1000),
    refreshExpiresAt: new Date(Date.now() + reply.refresh_expires_in * 1000),
  };
  await accounts.connect(account, grant, { isKnown: false });
  return account;
}

/** What TikTok says of the creators of the simulator's crowd, but for when. */
export const CREATOR: Omit<CreatorInfo, 'askedAt'> = {
  nickname: 'Clara',
  username: 'clara',
  avatarUrl: '',
  privacyOptions: ['PUBLIC_TO_EVERYONE', 'SELF_ONLY'],
  commentDisabled: false,
  duetDisabled: false,
  stitchDisabled: false,
  maxDurationMs: 600_000,
};

/** A post as Schedule leaves it, due now unless `change` says otherwise. */
export function makeScheduledPost(
  {
    id,
    ownerId,
    accountId,
    world,
    clip,
  }: Pick<Post, 'id' | 'ownerId' | 'accountId' | 'world' | 'clip'> & { clip: Clip },
  change: Partial<Post> = {},
): Post {
  const now = new Date();
  const due = change.due ?? { at: now, delayMs: null, zone: 'UTC', words: 'now' };
  return {
    ...{ id, ownerId, accountId, world, clip, due },
    mode: 'direct',
    state: 'scheduled',
    step: null,
    caption: 'Soup #cooking',
    choices: { ...NO_CHOICES, privacy: 'PUBLIC_TO_EVERYONE', allowComment: true },
    creator: null,
    consent: null,
    card: { platform: 'headless', chatId: `chat-${id}`, messageRef: null },
    batch: null,
    reminders: 0,
    noticeRef: null,
    version: 1,
    fence: 0,
    lease: null,
    wakeAt: due.at,
    attempt: null,
    tries: NO_TRIES,
    problem: null,
    publication: null,
    outbox: [],
    notifyAt: null,
    createdAt: now,
    updatedAt: now,
    ...change,
  };
}
