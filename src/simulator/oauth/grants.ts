/** Who authorised which app to do what: codes, access tokens and rotating refresh tokens, of which only hashes are kept. */
import { createHash, randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { atomically } from '../database.ts';
import type { Journal } from '../journal.ts';
import type { SettingsStore } from '../settings.ts';

export interface Grant {
  id: number;
  clientKey: string;
  username: string;
  openId: string;
  scopes: string[];
}

/** The caller of one API request. */
export interface Caller extends Grant {
  tokenId: string;
}

export interface TokenReply {
  access_token: string;
  expires_in: number;
  refresh_token: string;
  refresh_expires_in: number;
  open_id: string;
  scope: string;
  token_type: 'Bearer';
}

/** A request for a code, as the authorize page has checked it. */
export interface Consent {
  clientKey: string;
  username: string;
  scopes: string[];
  redirectUri: string;
  challenge: string | undefined;
}

export interface Exchange {
  clientKey: string;
  code: string;
  redirectUri: string;
  verifier: string | undefined;
}

/** Why the person, TikTok or the app ended it (webhooks-events, `authorization.removed`). */
export const REMOVED = { byUser: 1, byDeveloper: 5 } as const;

export type Grants = ReturnType<typeof createGrants>;

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Opaque, different per app, the same after every reconnect; real ones look like `-000YSS_OTWKQzsQ-...`. */
export const openIdOf = (clientKey: string, username: string): string =>
  `-000${createHash('sha256').update(`open:${clientKey}:${username}`).digest('base64url').slice(0, 32)}`;

export const unionIdOf = (developer: string, username: string): string =>
  createHash('sha256').update(`union:${developer}:${username}`).digest('hex').slice(0, 36);

export function createGrants(db: DatabaseSync, clock: () => number, settings: SettingsStore, journal: Journal) {
  const insertCode = db.prepare('INSERT INTO codes VALUES (?, ?, ?, ?, ?, ?, ?, NULL)');
  const findCode = db.prepare('SELECT * FROM codes WHERE hash = ?');
  const useCode = db.prepare('UPDATE codes SET used_at = ? WHERE hash = ?');
  const insertGrant = db.prepare(
    'INSERT INTO grants (client_key, username, open_id, scopes, created_at) VALUES (?, ?, ?, ?, ?) RETURNING id',
  );
  const endGrants = db.prepare(
    'UPDATE grants SET ended_at = ? WHERE username = ? AND client_key = ? AND ended_at IS NULL RETURNING id',
  );
  const liveGrants = db.prepare('SELECT * FROM grants WHERE username = ? AND ended_at IS NULL ORDER BY id');
  const insertToken = db.prepare('INSERT INTO tokens VALUES (?, ?, ?, ?, NULL)');
  const findToken = db.prepare(
    `SELECT t.expires_at, t.replaced_at, g.* FROM tokens t JOIN grants g ON g.id = t.grant_id
     WHERE t.hash = ? AND t.kind = ? AND g.ended_at IS NULL`,
  );
  const replaceToken = db.prepare('UPDATE tokens SET replaced_at = ? WHERE hash = ?');

  const newSecret = (): string => randomBytes(36).toString('base64url');
  const tokenIdOf = (hash: string): string => hash.slice(0, 12);

  function toGrant(row: Record<string, unknown>): Grant {
    return {
      id: Number(row.id),
      clientKey: String(row.client_key),
      username: String(row.username),
      openId: String(row.open_id),
      scopes: String(row.scopes).split(','),
    };
  }

  function issueTokens(grant: Grant, kind: 'token.issued' | 'token.refreshed'): TokenReply {
    const { accessTokenLifetimeSec, refreshTokenLifetimeSec } = settings.current();
    const access = `act.${newSecret()}!4${randomBytes(2).toString('hex')}.u1`;
    const refresh = `rft.${newSecret()}!4${randomBytes(2).toString('hex')}.u1`;
    insertToken.run(sha256(access), 'access', grant.id, clock() + accessTokenLifetimeSec * 1000);
    insertToken.run(sha256(refresh), 'refresh', grant.id, clock() + refreshTokenLifetimeSec * 1000);
    const { clientKey, username, openId } = grant;
    journal.append(kind, {
      clientKey,
      username,
      openId,
      tokenId: tokenIdOf(sha256(access)),
      scopes: grant.scopes.join(','),
    });
    return {
      access_token: access,
      expires_in: accessTokenLifetimeSec,
      refresh_token: refresh,
      refresh_expires_in: refreshTokenLifetimeSec,
      open_id: openId,
      scope: grant.scopes.join(','),
      token_type: 'Bearer',
    };
  }

  function newGrant(clientKey: string, username: string, scopes: string[]): Grant {
    const openId = openIdOf(clientKey, username);
    const row = insertGrant.get(clientKey, username, openId, scopes.join(','), clock());
    return { id: Number(row?.id), clientKey, username, openId, scopes };
  }

  function end(clientKey: string, username: string): Grant[] {
    const ended = liveGrants
      .all(username)
      .map(toGrant)
      .filter(grant => grant.clientKey === clientKey);
    endGrants.run(clock(), username, clientKey);
    const [first] = ended;
    if (first !== undefined) journal.append('revoked', { clientKey, username, openId: first.openId });
    return ended;
  }

  return {
    /** A single-use code; real ones contain `*` and `!` too, which some clients fail to carry. */
    issueCode({ clientKey, username, scopes, redirectUri, challenge }: Consent): string {
      const code = `${newSecret()}*1!${randomBytes(2).readUInt16BE()}.u1`;
      const expiresAt = clock() + settings.current().codeLifetimeSec * 1000;
      return atomically(db, () => {
        insertCode.run(sha256(code), clientKey, username, scopes.join(','), redirectUri, challenge ?? null, expiresAt);
        journal.append('code.issued', { clientKey, username, scopes: scopes.join(',') });
        return code;
      });
    },

    /** Tokens for a code, or why not. A code is spent by the first try, right or wrong. */
    exchange({ clientKey, code, redirectUri, verifier }: Exchange): TokenReply | { refused: string } {
      return atomically(db, () => {
        const row = findCode.get(sha256(code));
        if (row === undefined || row.client_key !== clientKey) return { refused: 'Authorization code is invalid.' };
        if (row.used_at !== null) return { refused: 'Authorization code was used before.' };
        useCode.run(clock(), String(row.hash));
        if (Number(row.expires_at) <= clock()) return { refused: 'Authorization code is expired.' };
        if (row.redirect_uri !== redirectUri)
          return { refused: 'Redirect_uri is not matched with the uri when requesting code.' };
        // Login Kit for Desktop: the challenge is the lowercase hex of the verifier's SHA-256, not RFC 7636's base64url.
        if (row.challenge !== null && (verifier === undefined || sha256(verifier) !== row.challenge)) {
          return { refused: 'Code verifier or code challenge is invalid.' };
        }
        return issueTokens(newGrant(clientKey, String(row.username), String(row.scopes).split(',')), 'token.issued');
      });
    },

    /** A new pair; the old refresh token is dead from here on. */
    refresh(clientKey: string, token: string): TokenReply | { refused: string } {
      return atomically(db, () => {
        const hash = sha256(token);
        const row = findToken.get(hash, 'refresh');
        if (row === undefined || row.client_key !== clientKey)
          return { refused: 'Refresh token is invalid or expired.' };
        if (row.replaced_at !== null) {
          if (settings.current().refreshReuseEndsGrant) end(clientKey, String(row.username));
          return { refused: 'Refresh token is invalid or expired.' };
        }
        if (Number(row.expires_at) <= clock()) return { refused: 'Refresh token is invalid or expired.' };
        replaceToken.run(clock(), hash);
        return issueTokens(toGrant(row), 'token.refreshed');
      });
    },

    /** Who calls with this access token; undefined where it is unknown, expired or taken back. */
    caller(token: string): Caller | undefined {
      const hash = sha256(token);
      const row = findToken.get(hash, 'access');
      if (row === undefined || Number(row.expires_at) <= clock()) return undefined;
      return { ...toGrant(row), tokenId: tokenIdOf(hash) };
    },

    /** Ends every grant of that person to that app, as TikTok's revoke and the app list in its settings do. */
    end: (clientKey: string, username: string): Grant[] => atomically(db, () => end(clientKey, username)),

    /** Tokens as if the person had just pressed Authorize: for load tests with thousands of accounts. */
    issueDirectly: (clientKey: string, username: string, scopes: string[]): TokenReply =>
      atomically(db, () => issueTokens(newGrant(clientKey, username, scopes), 'token.issued')),

    /** Which apps this person has let in, newest last. */
    liveOf: (username: string): Grant[] => liveGrants.all(username).map(toGrant),
  };
}
