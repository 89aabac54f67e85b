// The resumable upload protocol (tus 1.0, by @tus/server) on top of our uploads: one address an upload, at which its file is
// announced, asked about, continued and given up. Who may use the address has been checked before.

import type { IncomingMessage } from 'node:http';
import { DataStore, Server, Upload as TusUpload } from '@tus/server';
import { wordsFor } from '../chat/explain.ts';
import { AppError, type ErrorCode, isAppError } from '../domain/errors.ts';
import type { Log } from '../log.ts';
import type { Uploads } from '../services/uploads.ts';
import { createUploadLocks } from './upload-locks.ts';

export interface TusEndpointDeps {
  readonly uploads: Uploads;
  /** The address's path for an upload. */
  readonly pathOf: (id: string) => string;
  readonly idIn: (path: string) => string | undefined;
  readonly origin: string;
  readonly maxBytes: number;
  readonly statusOf: (code: ErrorCode) => number;
  readonly log: Log;
}

export interface TusEndpoint {
  /** Answers a request about an upload; its bytes are read here. */
  handle(id: string, request: IncomingMessage): Promise<Response>;
}

const NAME_MAX_LENGTH = 200;
/** A request that is asked to end has the chunk under way to write, nothing more. */
const DRAIN_MS = 5;

export function createTusEndpoint({
  uploads,
  pathOf,
  idIn,
  origin,
  maxBytes,
  statusOf,
  log,
}: TusEndpointDeps): TusEndpoint {
  const store = Object.assign(new DataStore(), {
    extensions: ['creation', 'termination'],

    async create(file: TusUpload): Promise<TusUpload> {
      const { name, modifiedAt } = file.metadata ?? {};
      await uploads.chooseFile(file.id, {
        name: cleanName(name),
        sizeBytes: file.size ?? 0,
        modifiedAt: Number(modifiedAt) || 0,
      });
      return file;
    },

    async getUpload(id: string): Promise<TusUpload> {
      const { file, arrivedBytes } = await uploads.progress(id);
      return new TusUpload({ id, size: file.sizeBytes, offset: arrivedBytes });
    },

    write: (bytes: AsyncIterable<Uint8Array>, id: string, offset: number): Promise<number> =>
      uploads.append(id, offset, bytes),

    remove: (id: string): Promise<void> => uploads.restart(id),
  });

  const server = new Server({
    path: '/uploads',
    datastore: store,
    locker: createUploadLocks(),
    lockDrainTimeout: DRAIN_MS,
    maxSize: maxBytes,
    // By default any page of the web could read the answers.
    allowedOrigins: [origin],
    namingFunction: request => requireId(idIn(new URL(request.url).pathname)),
    getFileIdFromRequest: request => idIn(new URL(request.url).pathname),
    generateUrl: (_request, { id }) => pathOf(id),
    async onUploadFinish(_request, { id }) {
      await uploads.complete(id);
      return {};
    },
    onResponseError(_request, error) {
      if (!isAppError(error)) {
        // The protocol's own refusals come with a status.
        if ('status_code' in error) return undefined;
        log.error({ err: error }, 'an upload failed');
        return { status_code: 500, body: wordsFor(new AppError('unknown')) };
      }
      return { status_code: statusOf(error.code), body: wordsFor(error) };
    },
  });

  return {
    async handle(id, request) {
      const { method = '', headers } = request;
      const hasBody = method === 'PATCH' || method === 'POST';
      return server.handleWeb(
        new Request(new URL(pathOf(id), origin), {
          method,
          headers: headers as Record<string, string>,
          // The server's own way from Node's request to the web's copies every piece, and the garbage stops the process for seconds.
          body: hasBody ? ReadableStream.from(bytesOf(request)) : null,
          duplex: 'half',
        }),
      );
    },
  };
}

/** What a request brings. Where its connection breaks this ends: what came before is kept. */
async function* bytesOf(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    yield* request as AsyncIterable<Uint8Array>;
  } catch (error) {
    if (!request.errored) throw error;
  }
}

function requireId(id: string | undefined): string {
  if (id === undefined) throw new AppError('upload_link_unknown');
  return id;
}

/** As people see it, and nothing that could turn a sentence around. */
const cleanName = (name: string | null | undefined): string =>
  (name ?? '').replaceAll(/\p{C}/gu, '').slice(0, NAME_MAX_LENGTH) || 'clip';
