/**
 * The upload host: `PUT` of one chunk after the other, straight to disk. A chunk counts when all of it is in the file
 * and that is recorded; one that breaks off counts for nothing.
 */
import { createHash, type Hash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { atomically } from '../database.ts';
import { type BodyFault, bodyFaultOf, type FailReason, strikeable } from '../faults.ts';
import type { State } from '../state.ts';
import { type ContentRange, chunkBytesAt, parseContentRange } from './chunk-rules.ts';
import { findMediaFault } from './container.ts';
import type { Publish } from './publish.ts';

const CONTENT_TYPES = ['video/mp4', 'video/quicktime', 'video/webm'];
/** Hashes of uploads under way that are kept; one that falls out is computed from the file at its end. */
const MAX_RUNNING_HASHES = 1000;
/** Lets parts of the body gather while one is being written, so that they go to disk together. */
const WRITE_AHEAD_BYTES = 1024 * 1024;

const querySchema = z.object({ upload_id: z.string().regex(/^\d{1,12}$/), upload_token: z.string().min(1).max(100) });

export const videoPath = (dataDir: string, publish: Publish): string => join(dataDir, 'videos', String(publish.no));

export function addUploadRoute(app: FastifyInstance, state: State): void {
  const { db, clock, faults, journal, publishes, settings } = state;
  const hashes = new Map<number, { bytes: number; hash: Hash }>();
  const arriving = new Map<number, { cutOff: () => void; done: Promise<unknown> }>();

  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));

  // What is still being written needs the database a moment longer.
  app.addHook('onClose', async () => {
    await Promise.all([...arriving.values()].map(chunk => chunk.done));
  });

  app.put('/video/', { ...strikeable(faults, 'upload'), bodyLimit: 2 ** 31 }, async (request, reply) => {
    const publish = findPublish(request);
    if (publish === undefined) return answer(request, reply, 404, undefined, 'no such upload task');
    if (publish.uploadExpiresAt <= clock()) return answer(request, reply, 403, publish, 'upload_url expired');
    const range = parseContentRange(request.headers['content-range']);
    const fault = findHeaderFault(request, publish, range);
    if (fault !== undefined || range === undefined) return answer(request, reply, 400, publish, fault ?? '');
    // A second sender of the same video is the first one's successor, whose connection nobody reads any more.
    for (let before = arriving.get(publish.no); before !== undefined; before = arriving.get(publish.no)) {
      before.cutOff();
      await before.done;
    }
    const work = receive(request, reply, publish.publishId, range);
    const mine = { cutOff: () => reply.raw.destroy(), done: Promise.allSettled([work]) };
    arriving.set(publish.no, mine);
    try {
      return await work;
    } finally {
      if (arriving.get(publish.no) === mine) arriving.delete(publish.no);
    }
  });

  function findPublish(request: FastifyRequest): Publish | undefined {
    publishes.settle();
    const query = querySchema.safeParse(request.query);
    if (!query.success) return undefined;
    const publish = publishes.byUpload(Number(query.data.upload_id), query.data.upload_token);
    return publish?.state === 'failed' ? undefined : publish;
  }

  function answer(request: FastifyRequest, reply: FastifyReply, status: number, publish?: Publish, message = '') {
    if (status >= 400) {
      const { publishId, clientKey, username, openId } = publish ?? {};
      const code = String(status);
      journal.append('refused', {
        route: request.routeOptions.url,
        code,
        message,
        publishId,
        clientKey,
        username,
        openId,
      });
    }
    if (publish !== undefined) reply.header('content-range', `bytes 0-${publish.receivedBytes}/${publish.videoSize}`);
    return reply.code(status).type('text/plain').send(message);
  }

  async function receive(request: FastifyRequest, reply: FastifyReply, publishId: string, range: ContentRange) {
    const publish = publishes.byId(publishId);
    if (publish === undefined) return answer(request, reply, 404, undefined, 'no such upload task');
    if (range.firstByte !== publish.receivedBytes) {
      return answer(request, reply, 416, publish, 'Content-Range does not match the progress of the upload');
    }
    if (range.lastByte - range.firstByte + 1 !== chunkBytesAt(publish, range.firstByte)) {
      return answer(request, reply, 400, publish, 'the chunk has not the announced size');
    }
    const known = hashes.get(publish.no);
    const hash =
      range.firstByte === 0 ? createHash('sha256') : known?.bytes === range.firstByte ? known.hash.copy() : undefined;
    const path = videoPath(state.dataDir, publish);
    try {
      await writeChunk(request, path, range.firstByte, hash, bodyFaultOf(request));
    } catch (error) {
      if (isSenderGone(error)) {
        reply.raw.destroy();
        return reply.hijack();
      }
      throw error;
    }
    const contentType = request.headers['content-type'] ?? null;
    const receivedBytes = range.lastByte + 1;
    const isLast = receivedBytes === publish.videoSize;
    const digest = isLast ? (hash ?? (await hashFile(path))).digest('hex') : '';
    const failReason = isLast ? await findFailReason(publish, path) : null;
    atomically(db, () => {
      publishes.received(publish, receivedBytes, contentType);
      const { clientKey, username, openId } = publish;
      const bytes = receivedBytes - range.firstByte;
      journal.append('chunk', { publishId, clientKey, username, openId, firstByte: range.firstByte, bytes });
      if (isLast) publishes.uploaded(publish, digest, failReason);
    });
    if (isLast || hash === undefined) hashes.delete(publish.no);
    else remember(publish.no, receivedBytes, hash);
    return answer(request, reply, isLast ? 201 : 206, { ...publish, receivedBytes });
  }

  function remember(no: number, bytes: number, hash: Hash): void {
    hashes.delete(no);
    hashes.set(no, { bytes, hash });
    const [oldest] = hashes.keys();
    if (hashes.size > MAX_RUNNING_HASHES && oldest !== undefined) hashes.delete(oldest);
  }

  async function findFailReason(publish: Publish, path: string): Promise<FailReason | null> {
    const ordered = faults.take('fail_processing', { publishId: publish.publishId });
    if (ordered !== undefined) return ordered.failReason;
    if (!settings.current().checkMedia) return null;
    return findMediaFault(path, settings.account(publish.username)?.maxVideoPostDurationSec ?? 0);
  }
}

/** After a hard stop of the machine a file may be shorter than recorded: what is not there was not received. */
export async function recountUploads(state: State): Promise<void> {
  for (const publish of state.publishes.inUpload()) {
    const sizeBytes = (await stat(videoPath(state.dataDir, publish))).size;
    if (sizeBytes >= publish.receivedBytes) continue;
    const wholeChunks = Math.floor(sizeBytes / publish.chunkSize) * publish.chunkSize;
    state.publishes.received(publish, Math.min(wholeChunks, publish.receivedBytes), publish.contentType);
  }
}

function findHeaderFault(
  request: FastifyRequest,
  publish: Publish,
  range: ContentRange | undefined,
): string | undefined {
  if (!CONTENT_TYPES.includes(request.headers['content-type'] ?? '')) return 'Content-Type is not one of a video';
  if (!/^\d{1,12}$/.test(request.headers['content-length'] ?? '')) return 'Content-Length is missing';
  if (range === undefined) return 'Content-Range is not bytes FIRST-LAST/TOTAL';
  if (range.total !== publish.videoSize) return 'the total of Content-Range is not the announced video size';
  const lengthBytes = range.lastByte - range.firstByte + 1;
  return Number(request.headers['content-length']) === lengthBytes
    ? undefined
    : 'Content-Length does not match Content-Range';
}

async function writeChunk(
  request: FastifyRequest,
  path: string,
  start: number,
  hash: Hash | undefined,
  fault: BodyFault,
) {
  const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  let seenBytes = 0;
  async function* watch(source: AsyncIterable<Buffer>, { signal }: { signal?: AbortSignal } = {}) {
    for await (const part of source) {
      seenBytes += part.length;
      if (fault.resetAfterBytes !== undefined && seenBytes > fault.resetAfterBytes) throw new CutOffError();
      // Ends with the connection: a sender who is gone must not keep the simulator from stopping.
      if (fault.bytesPerSecond !== undefined)
        await sleep((part.length / fault.bytesPerSecond) * 1000, undefined, { signal });
      hash?.update(part);
      yield part;
    }
  }
  await pipeline(request.raw, watch, file.createWriteStream({ start, highWaterMark: WRITE_AHEAD_BYTES }));
}

/** A fault on order ends the connection here; its body may well be complete already. */
class CutOffError extends Error {}

/** Nobody is left to answer, and what came of the chunk is not kept. */
function isSenderGone(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return error instanceof CutOffError || code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE';
}

async function hashFile(path: string): Promise<Hash> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash;
}
