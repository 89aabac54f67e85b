/**
 * Any web page can send requests to loopback, and DNS rebinding can make it read the answers: requests under a foreign
 * name, or from a foreign page, are refused (OWASP CSRF and DNS rebinding guidance; Fetch Metadata).
 */
import type { FastifyReply, FastifyRequest } from 'fastify';

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** An `onRequest` hook for every route: only names in `hosts`, or of loopback, are answered to. */
export function refuseForeignHost(hosts: () => string[]) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const name = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
    if (LOOPBACK.includes(name) || hosts().includes(name)) return undefined;
    return reply.code(421).type('text/plain').send('The TikTok simulator does not answer under this host name.');
  };
}

/** An `onRequest` hook for routes with an effect or with something to hide. Programs send neither header and pass. */
export async function refuseForeign(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const isOwn =
    (origin === undefined || origin === `http://${host}`) &&
    (site === undefined || site === 'same-origin' || site === 'none');
  // Following a link to a page here changes nothing and shows the other site nothing.
  const isLink = request.method === 'GET' && request.headers['sec-fetch-mode'] === 'navigate' && origin === undefined;
  if (isOwn || isLink) return undefined;
  return reply.code(403).type('text/plain').send('The TikTok simulator is steered from its own pages only.');
}
