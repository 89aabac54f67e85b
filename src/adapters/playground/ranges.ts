// A clip as a browser plays it: piece by piece (RFC 9110, section 14).

import type { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';

export interface Range {
  readonly first: number;
  readonly last: number;
}

/** The single range that a header asks for; null for none, or one that this does not read; 'outside' for one beyond the end. */
export function readRange(header: string | undefined, sizeBytes: number): Range | null | 'outside' {
  const [, from = '', to = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
  if (from === '' && to === '') return null;
  const first = from === '' ? Math.max(0, sizeBytes - Number(to)) : Number(from);
  const last = from === '' || to === '' ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1);
  return first > last ? 'outside' : { first, last };
}

export async function sendRange(
  request: FastifyRequest,
  reply: FastifyReply,
  sizeBytes: number,
  open: (range?: Range) => Promise<Readable>,
): Promise<FastifyReply> {
  const range = readRange(request.headers.range, sizeBytes);
  reply.header('accept-ranges', 'bytes').header('cache-control', 'private, max-age=3600').type('video/mp4');
  if (range === 'outside') return reply.code(416).header('content-range', `bytes */${sizeBytes}`).send();
  if (!range) return reply.header('content-length', sizeBytes).send(await open());
  return reply
    .code(206)
    .header('content-range', `bytes ${range.first}-${range.last}/${sizeBytes}`)
    .header('content-length', range.last - range.first + 1)
    .send(await open(range));
}
