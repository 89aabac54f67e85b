// A browser at the upload page, without a screen: it opens the link as a person would and speaks the resumable protocol through
// its unmodified client.

import assert from 'node:assert/strict';
import { type ClientRequest, request } from 'node:http';
import { Upload } from 'tus-js-client';

export interface UploadStanding {
  readonly state: string;
  readonly problem: string | null;
  readonly arrivedBytes: number;
  readonly file: { readonly name: string } | null;
}

export interface UploadPage {
  /** The page's address. */
  readonly url: string;
  readonly cookie: string;
  standing(): Promise<UploadStanding>;
  /** Waits until bytes of the file have reached the disk. */
  untilSome(): Promise<UploadStanding>;
  /** Waits until the server says `state`. */
  untilState(state: string): Promise<void>;
  /** Sends a file, or goes on with one; breaks off after `breakAfterBytes`. Gives false where it was broken off. */
  send(bytes: Buffer, options?: SendOptions): Promise<boolean>;
  /** Announces a file and sends one part of it, up to `stopAfterBytes`; gives the request, which waits for the rest. */
  sendPart(bytes: Buffer, options: { stopAfterBytes: number }): Promise<ClientRequest>;
  fetch(path?: string, init?: RequestInit): Promise<Response>;
}

export interface SendOptions {
  readonly name?: string;
  readonly goesOn?: boolean;
  readonly breakAfterBytes?: number;
}

const LOOK_EVERY_MS = 20;
const WAIT_MS = 15_000;

/** Presses the button of the link's page. */
export async function openUpload(link: string): Promise<UploadPage> {
  const opened = await fetch(link, { method: 'POST', redirect: 'manual' });
  assert.equal(opened.status, 303, `the link leads to the page: ${opened.status}`);
  const url = new URL(opened.headers.get('location') ?? '', link).href;
  const cookie = opened.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  const call = (path = '', init: RequestInit = {}) =>
    fetch(url + path, { ...init, headers: { ...init.headers, cookie } });
  async function until(what: string, check: (standing: UploadStanding) => boolean): Promise<UploadStanding> {
    const end = Date.now() + WAIT_MS;
    for (;;) {
      const standing = await page.standing();
      if (check(standing)) return standing;
      assert.ok(Date.now() < end, `the upload should ${what}: ${JSON.stringify(standing)}`);
      await new Promise(resolve => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }
  const page: UploadPage = {
    url,
    cookie,
    fetch: call,
    async standing() {
      const answer = await call('/state');
      assert.equal(answer.status, 200, 'the page asks how it stands');
      return answer.json() as Promise<UploadStanding>;
    },
    untilSome: () => until('have begun to arrive', ({ arrivedBytes }) => arrivedBytes > 0),
    async untilState(state) {
      await until(`become ${state}`, standing => standing.state === state);
    },
    send(bytes, { name = 'clip.mp4', goesOn = false, breakAfterBytes = Infinity } = {}) {
      return new Promise((resolve, reject) => {
        const upload = new Upload(bytes, {
          endpoint: `${url}/file`,
          ...(goesOn && { uploadUrl: `${url}/file` }),
          chunkSize: 64 * 1024,
          retryDelays: null,
          headers: { cookie },
          metadata: { name, modifiedAt: '1' },
          onError: reject,
          onSuccess: () => resolve(true),
          onChunkComplete(_size, sentBytes) {
            if (sentBytes >= breakAfterBytes) void upload.abort().then(() => resolve(false));
          },
        });
        upload.start();
      });
    },
    async sendPart(bytes, { stopAfterBytes }) {
      const protocol = { 'tus-resumable': '1.0.0' };
      const announced = {
        ...protocol,
        'upload-length': String(bytes.length),
        'upload-metadata': `name ${btoa('clip.mp4')}`,
      };
      assert.equal((await call('/file', { method: 'POST', headers: announced })).status, 201);
      const headers = {
        ...protocol,
        cookie,
        'upload-offset': '0',
        'content-type': 'application/offset+octet-stream',
        'content-length': bytes.length,
      };
      const part = request(`${url}/file`, { method: 'PATCH', headers }).on('error', () => undefined);
      await new Promise(resolve => part.write(bytes.subarray(0, stopAfterBytes), resolve));
      return part;
    },
  };
  return page;
}
