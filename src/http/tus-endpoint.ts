// The resumable upload protocol (tus 1.0, by @tus/server) on top of our uploads: one address an upload, at which its file is
// announced, asked about, continued and given up. Who may use the address has been checked before.

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

export type TusEndpoint = Server;

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

  return new Server({
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
}

function requireId(id: string | undefined): string {
  if (id === undefined) throw new AppError('upload_link_unknown');
  return id;
}

/** As people see it, and nothing that could turn a sentence around. */
const cleanName = (name: string | null | undefined): string =>
  (name ?? '').replaceAll(/\p{C}/gu, '').slice(0, NAME_MAX_LENGTH) || 'clip';
