// A browser at the upload page, without a screen: it opens the link as a person would and speaks the resumable protocol through
// its unmodified client.

import assert from 'node:assert/strict';
import { Upload } from 'tus-js-client';

export interface UploadPage {
  /** The page's address. */
  readonly url: string;
  readonly cookie: string;
  standing(): Promise<{ state: string; problem: string | null; arrivedBytes: number; file: { name: string } | null }>;
  /** Waits until the server says `state`. */
  untilState(state: string): Promise<void>;
  /** Sends a file, or goes on with one; breaks off after `breakAfterBytes`. Gives false where it was broken off. */
  send(bytes: Buffer, options?: SendOptions): Promise<boolean>;
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
  const page: UploadPage = {
    url,
    cookie,
    fetch: call,
    async standing() {
      const answer = await call('/state');
      assert.equal(answer.status, 200, 'the page asks how it stands');
      return answer.json() as ReturnType<UploadPage['standing']>;
    },
    async untilState(state) {
      const end = Date.now() + WAIT_MS;
      for (;;) {
        const standing = await page.standing();
        if (standing.state === state) return;
        assert.ok(Date.now() < end, `the upload should become ${state}: ${JSON.stringify(standing)}`);
        await new Promise(resolve => setTimeout(resolve, LOOK_EVERY_MS));
      }
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
  };
  return page;
}
