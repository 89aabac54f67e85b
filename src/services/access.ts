// Who may use the bot. Private by default: an owner, named in the settings or by the claim that start prints, and whoever the owner
// invites. For anybody else nothing is written and nothing fetched.

import type { Person } from '../chat/invocation.ts';
import { AppError } from '../domain/errors.ts';
import { type DeepLink, wayInWithCode } from '../domain/invite-code.ts';
import { hashSecret, makeSecret, type RandomBytes } from '../domain/secrets.ts';
import { identityKey, type User, type UserRole } from '../domain/user.ts';
import type { Invite, InviteKind, InviteStore } from '../stores/invites.ts';
import type { UserStore } from '../stores/users.ts';

export const INVITE_LIFETIME_MS = 7 * 86_400_000;
const OPEN_INVITES_MAX = 10;

const ROLE_OF: Record<InviteKind, UserRole> = { claim: 'owner', invite: 'member' };
/** Whom a code changes: it never takes anything away. */
const PROMOTES: Record<InviteKind, readonly UserRole[]> = { claim: ['member', 'guest'], invite: ['guest'] };
const LET_IN: readonly UserRole[] = ['owner', 'member'];

export interface AccessDeps {
  readonly users: UserStore;
  readonly invites: InviteStore;
  /** Owners named in the settings, as `identityKey` spells them. */
  readonly owners: ReadonlySet<string>;
  /** Whether a platform's people need no invitation. */
  readonly isOpen: (platform: string) => boolean;
  readonly random: RandomBytes;
  readonly newId: () => string;
  readonly clock: () => number;
}

/** A platform that start prints a claim for. */
export interface ClaimPlace {
  readonly platform: string;
  readonly deepLink: DeepLink;
}

/** What start prints: `how` is an address to open, or a command to send. The one secret that ever reaches the screen. */
export interface OwnerClaim {
  readonly platform: string;
  readonly how: string;
}

export type Access = ReturnType<typeof createAccess>;

export function createAccess(deps: AccessDeps) {
  const { users, invites, owners, random, newId, clock } = deps;
  const now = () => new Date(clock());
  const keyOf = (person: Person) => identityKey(person.platform, person.personId);
  const recognise = (person: Person) => users.recognise(person, newId(), now());

  async function insert(kind: InviteKind, madeBy: string | null, platform: string | null) {
    const code = makeSecret(random);
    const createdAt = now();
    const invite: Invite = {
      _id: newId(),
      schemaVersion: 1,
      kind,
      codeHash: hashSecret(code),
      madeBy,
      platform,
      redeemedBy: null,
      createdAt,
      expiresAt: new Date(createdAt.getTime() + INVITE_LIFETIME_MS),
    };
    await invites.insert(invite);
    return { invite, code };
  }

  /** Uses the code up before anything is written about the person; after a crash between the two the same person tries again. */
  async function enter(person: Person, code: string): Promise<{ user: User; kind: InviteKind } | null> {
    const invite = await invites.redeem(hashSecret(code.trim()), keyOf(person), now());
    if (!invite) return null;
    const { kind } = invite;
    const user = await recognise(person);
    await users.promote(user.id, PROMOTES[kind], ROLE_OF[kind]);
    if (kind === 'claim') await invites.dropClaims();
    return { user: PROMOTES[kind].includes(user.role) ? { ...user, role: ROLE_OF[kind] } : user, kind };
  }

  return {
    /**
     * Finds or makes the user behind `person`; `code` is the claim or invitation that they bring.
     * @throws AppError `access_denied` for people who are not let in; nothing is written for them.
     */
    async admit(person: Person, code: string | null): Promise<User> {
      if (owners.has(keyOf(person))) return { ...(await recognise(person)), role: 'owner' };
      if (deps.isOpen(person.platform)) return recognise(person);
      const known = await users.recogniseKnown(person, LET_IN);
      if (known) return known;
      const entered = code === null ? null : await enter(person, code);
      if (!entered) throw new AppError('access_denied');
      return entered.user;
    },

    /**
     * The code of somebody who has been let in, by this very code perhaps. One that would give them nothing new is left for others.
     * @throws AppError `invite_gone`.
     */
    async redeem(user: User, person: Person, code: string): Promise<{ user: User; kind: InviteKind; isNew: boolean }> {
      const found = await invites.findUsable(hashSecret(code.trim()), keyOf(person), now());
      if (!found) throw new AppError('invite_gone');
      if (found.redeemedBy === null && !PROMOTES[found.kind].includes(user.role))
        return { user, kind: found.kind, isNew: false };
      const entered = await enter(person, code);
      if (!entered) throw new AppError('invite_gone');
      return { ...entered, isNew: true };
    },

    /** Makes an invitation for one person. @throws AppError `invite_too_many`. */
    async invite(owner: User): Promise<{ invite: Invite; code: string }> {
      if ((await invites.countOpen(now())) >= OPEN_INVITES_MAX)
        throw new AppError('invite_too_many', { limit: OPEN_INVITES_MAX });
      return insert('invite', owner.id, null);
    },

    /** As the settings name them; they are not in the list of people. */
    namedOwners: [...owners],

    listOpenInvites: (): Promise<Invite[]> => invites.listOpen(now()),

    /** Voids an invitation that leaked. @throws AppError `invite_gone` where somebody was quicker; they are in the list then. */
    async takeBack(id: string): Promise<void> {
      if (!(await invites.takeBack(id))) throw new AppError('invite_gone');
    },

    /** A page of the people who were let in, and whether there are more. */
    async listPeople(page: number, size: number): Promise<{ people: User[]; hasMore: boolean }> {
      const found = await users.listLetIn({ skip: page * size, limit: size + 1 });
      return { people: found.slice(0, size), hasMore: found.length > size };
    },

    /** @throws AppError `person_gone` for anybody but a member. */
    async findMember(id: string): Promise<User> {
      const user = await users.find(id);
      if (user?.role !== 'member') throw new AppError('person_gone');
      return user;
    },

    /**
     * While nobody owns the bot: a new claim for each of `places`, in place of the ones that an earlier start made. With an owner:
     * none, and the earlier ones are void.
     */
    async offerClaims(places: readonly ClaimPlace[]): Promise<OwnerClaim[]> {
      if (owners.size > 0 || (await users.hasOwner())) {
        await invites.dropClaims();
        return [];
      }
      const claims: OwnerClaim[] = [];
      for (const { platform, deepLink } of places) {
        await invites.dropClaims(platform);
        const { code } = await insert('claim', null, platform);
        claims.push({ platform, how: wayInWithCode(deepLink, code) });
      }
      return claims;
    },
  };
}
