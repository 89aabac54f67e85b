// Who may open the Playground. Any web page can send requests to this machine, and a name server can give this machine's address a
// foreign name, so requests under another name or from another page are refused (OWASP on CSRF and DNS rebinding; Fetch Metadata).
// On a public address a password stands before it all.

import { timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { hashSecret, makeSecret, type RandomBytes } from '../../domain/secrets.ts';

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

export interface Door {
  /** To be printed at start; null where nobody but this machine gets here. */
  readonly password: string | null;
  /** Whether the request comes from this page or from no page, and under a name of ours. */
  isOwn(request: FastifyRequest): boolean;
  /** Whether the request was let in with the password, where there is one. */
  isKnown(request: FastifyRequest): boolean;
  /** Lets the browser in. False for a wrong password. */
  enter(reply: FastifyReply, typed: string): boolean;
}

export interface DoorDeps {
  readonly publicUrl: string;
  readonly isPublic: boolean;
  readonly random: RandomBytes;
}

const isSame = (one: string, other: string): boolean =>
  timingSafeEqual(Buffer.from(hashSecret(one)), Buffer.from(hashSecret(other)));

export function createDoor({ publicUrl, isPublic, random }: DoorDeps): Door {
  const { protocol, host } = new URL(publicUrl);
  const isHttps = protocol === 'https:';
  const password = isPublic ? makeSecret(random) : null;
  const session = makeSecret(random);
  const cookieName = isHttps ? '__Host-clipcue-playground' : 'clipcue-playground';

  return {
    password,

    isOwn({ headers, method }) {
      const asked = headers.host ?? '';
      if (!LOOPBACK.includes(asked.replace(/:\d+$/, '').toLowerCase()) && !(isPublic && asked === host)) return false;
      // A proxy makes everything look local; who comes through one is no longer on this machine.
      if (!isPublic && (headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined)) return false;
      const site = headers['sec-fetch-site'];
      const { origin } = headers;
      const isOwnPage =
        (origin === undefined || origin === `http://${asked}` || origin === publicUrl) &&
        (site === undefined || site === 'same-origin' || site === 'none');
      // Following a link here changes nothing and shows the other site nothing.
      const isLink = method === 'GET' && headers['sec-fetch-mode'] === 'navigate' && origin === undefined;
      return isOwnPage || isLink;
    },

    isKnown: request => password === null || isSame(request.cookies[cookieName] ?? '', session),

    enter(reply, typed) {
      if (password === null || !isSame(typed.trim(), password)) return false;
      reply.setCookie(cookieName, session, { path: '/', httpOnly: true, secure: isHttps, sameSite: 'lax' });
      return true;
    },
  };
}
