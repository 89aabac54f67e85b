// What a broken, slow, silent or chatty server does to the client: the right code each time, nothing secret in it, no socket left.

import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { AppError } from '#domain/errors.ts';
import { createTikTokClient, type TikTokClient } from '#tiktok/client.ts';

const ACCESS_TOKEN = 'act.CANARY-access';
const REFRESH_TOKEN = 'rft.CANARY-refresh';
const CLIENT_SECRET = 'CANARY-client-secret';
const UPLOAD_PATH = '/upload?upload_token=CANARY-upload';

const listen = (server: { listen(port: number, host: string, done: () => void): unknown; address(): unknown }) =>
  new Promise<string>(done => {
    server.listen(0, '127.0.0.1', () => done(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  });

/** A client of a server that answers with `listener`. */
async function clientOf(t: TestContext, listener: RequestListener): Promise<{ client: TikTokClient; origin: string }> {
  const server = createServer(listener);
  const origin = await listen(server);
  const client = clientAt(t, origin);
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { client, origin };
}

function clientAt(t: TestContext, origin: string): TikTokClient {
  const client = createTikTokClient({
    apiOrigin: origin,
    authorizeOrigin: origin,
    clientKey: 'key',
    clientSecret: CLIENT_SECRET,
    clock: () => 0,
  });
  t.after(() => client.close());
  return client;
}

/** The error of `act`, which must hold nothing of what was sent, however deep one looks. */
async function refusalOf(act: Promise<unknown>): Promise<AppError> {
  try {
    await act;
  } catch (error) {
    const everything = `${inspect(error, { depth: 20, showHidden: true })} ${error instanceof Error ? error.stack : ''}`;
    assert.doesNotMatch(everything, /CANARY/);
    assert.ok(error instanceof AppError, everything);
    return error;
  }
  throw new assert.AssertionError({ message: 'the call should have failed' });
}

function chunk(
  origin: string,
  body: Readable,
  sizeBytes: number,
  more: { timeoutMs?: number; signal?: AbortSignal } = {},
) {
  return {
    uploadUrl: origin + UPLOAD_PATH,
    first: 0,
    last: sizeBytes - 1,
    totalBytes: sizeBytes,
    contentType: 'video/mp4',
    timeoutMs: 5000,
    body,
    ...more,
  };
}

const bytes = (sizeBytes: number) => Readable.from([Buffer.alloc(sizeBytes)]);

/** Bytes for ever, with a look at whether somebody still wants them. */
const endless = () =>
  new Readable({
    read() {
      this.push(Buffer.alloc(65_536));
    },
  });

describe('calls', () => {
  it('nobody listens: unreachable', async t => {
    const server = createTcpServer();
    const origin = await listen(server);
    await new Promise(done => server.close(done));
    const client = clientAt(t, origin);
    for (const call of [
      client.refreshGrant(REFRESH_TOKEN),
      client.fetchUser(ACCESS_TOKEN),
      client.revokeGrant(ACCESS_TOKEN),
    ]) {
      const error = await refusalOf(call);
      assert.deepEqual([error.code, error.facts], ['tiktok_unreachable', { reason: 'ECONNREFUSED' }]);
    }
  });

  it('the connection breaks before an answer: unreachable', async t => {
    const { client } = await clientOf(t, request => request.socket.destroy());
    assert.equal((await refusalOf(client.fetchUser(ACCESS_TOKEN))).code, 'tiktok_unreachable');
  });

  it('the connection breaks in the middle of an answer: unreachable', async t => {
    const { client } = await clientOf(t, (_, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"data":', () => response.destroy());
    });
    assert.equal((await refusalOf(client.fetchUser(ACCESS_TOKEN))).code, 'tiktok_unreachable');
  });

  it('aborted by the caller: aborted, before and while waiting', async t => {
    const asked = Promise.withResolvers<void>();
    const { client } = await clientOf(t, () => asked.resolve());
    const abort = new AbortController();
    const call = refusalOf(client.fetchUser(ACCESS_TOKEN, { signal: abort.signal }));
    await asked.promise;
    abort.abort();
    assert.equal((await call).code, 'aborted');
    assert.equal((await refusalOf(client.fetchUser(ACCESS_TOKEN, { signal: AbortSignal.abort() }))).code, 'aborted');
  });

  it('an endless answer is cut off at 64 KB', async t => {
    let sentBytes = 0;
    const { client } = await clientOf(t, (_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(16_384, 'x'))) sentBytes += 16_384;
      };
      response.on('drain', more);
      more();
    });
    const error = await refusalOf(client.fetchUser(ACCESS_TOKEN));
    assert.equal(error.code, 'tiktok_answer_unreadable');
    assert.ok(sentBytes < 50_000_000, `${sentBytes} bytes were taken`);
  });

  it('a redirect is not followed', async t => {
    let asked = 0;
    const { client } = await clientOf(t, (_, response) => {
      asked += 1;
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    assert.equal((await refusalOf(client.fetchUser(ACCESS_TOKEN))).code, 'tiktok_answer_unreadable');
    assert.equal(asked, 1);
  });

  it('an upload address that is not http is no address', async t => {
    const { client } = await clientOf(t, (_, response) => {
      const data = { publish_id: 'p', upload_url: 'file:///etc/CANARY' };
      response.end(JSON.stringify({ data, error: { code: 'ok' } }));
    });
    assert.equal(
      (await refusalOf(client.initInboxPost(ACCESS_TOKEN, { sizeBytes: 10 }))).code,
      'tiktok_answer_unreadable',
    );
  });
});

describe('chunks', () => {
  it('sends what the documents ask for, and no token', async t => {
    const seen = Promise.withResolvers<Record<string, unknown>>();
    const { client, origin } = await clientOf(t, (request, response) => {
      let sizeBytes = 0;
      request.on('data', part => {
        sizeBytes += part.length;
      });
      request.on('end', () => {
        const {
          authorization,
          'content-type': type,
          'content-length': length,
          'content-range': range,
        } = request.headers;
        seen.resolve({ method: request.method, url: request.url, authorization, type, length, range, sizeBytes });
        response.writeHead(206, { 'content-range': 'bytes 0-299/500' }).end();
      });
    });
    const result = await client.putChunk({ ...chunk(origin, bytes(200), 0), first: 100, last: 299, totalBytes: 500 });
    assert.deepEqual(result, { complete: false, uploadedBytes: 299 });
    assert.deepEqual(await seen.promise, {
      method: 'PUT',
      url: UPLOAD_PATH,
      authorization: undefined,
      type: 'video/mp4',
      length: '200',
      range: 'bytes 100-299/500',
      sizeBytes: 200,
    });
  });

  for (const [status, code] of [
    [400, 'tiktok_request_invalid'],
    [403, 'tiktok_upload_expired'],
    [404, 'tiktok_upload_unknown'],
    [416, 'tiktok_upload_offset'],
    [500, 'tiktok_unavailable'],
  ] as const)
    it(`${status} before the bytes were read: ${code}`, async t => {
      const { client, origin } = await clientOf(t, (_, response) => {
        response.writeHead(status, { 'content-range': 'bytes 0-10000000/80000000', connection: 'close' }).end();
      });
      const body = endless();
      const error = await refusalOf(client.putChunk(chunk(origin, body, 50_000_000)));
      assert.equal(error.code, code);
      if (status === 416) assert.equal(error.facts.uploadedBytes, 10_000_000);
      assert.ok(body.destroyed, 'the file was let go');
    });

  it('the connection breaks in the middle: unreachable, and the file is let go', async t => {
    const { client, origin } = await clientOf(t, request => {
      request.once('data', () => request.socket.destroy());
    });
    const body = endless();
    assert.equal((await refusalOf(client.putChunk(chunk(origin, body, 50_000_000)))).code, 'tiktok_unreachable');
    assert.ok(body.destroyed, 'the file was let go');
  });

  it('a server that takes nothing: timeout; the caller may leave before', async t => {
    const sockets = new Set<Socket>();
    const server = createTcpServer(socket => {
      sockets.add(socket.pause());
      socket.on('error', () => {});
    });
    const origin = await listen(server);
    const client = clientAt(t, origin);
    t.after(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const slow = endless();
    const timeout = await refusalOf(client.putChunk(chunk(origin, slow, 50_000_000, { timeoutMs: 100 })));
    assert.deepEqual([timeout.code, slow.destroyed], ['tiktok_timeout', true]);
    const left = endless();
    const signal = AbortSignal.timeout(50);
    assert.equal((await refusalOf(client.putChunk(chunk(origin, left, 50_000_000, { signal })))).code, 'aborted');
    assert.ok(left.destroyed, 'the file was let go');
  });

  it('a file that cannot be read is not the network: its own error comes out', async t => {
    const { client, origin } = await clientOf(t, request => request.resume());
    const body = new Readable({
      read() {
        this.destroy(new AppError('clip_gone'));
      },
    });
    assert.equal((await refusalOf(client.putChunk(chunk(origin, body, 1000)))).code, 'clip_gone');
  });

  it('a caller who left before it began: the file is let go all the same', async t => {
    const client = clientAt(t, 'http://127.0.0.1:9');
    const body = endless();
    const call = client.putChunk(chunk('http://127.0.0.1:9', body, 1000, { signal: AbortSignal.abort() }));
    assert.deepEqual([(await refusalOf(call)).code, body.destroyed], ['aborted', true]);
  });

  it('https only, unless TikTok itself is an http simulator', async t => {
    const client = clientAt(t, 'https://open.tiktokapis.com');
    for (const uploadUrl of ['http://127.0.0.1:9/CANARY', 'ftp://127.0.0.1/CANARY', 'CANARY']) {
      const body = endless();
      const error = await refusalOf(client.putChunk({ ...chunk('', body, 1000), uploadUrl }));
      assert.deepEqual([error.code, body.destroyed], ['tiktok_answer_unreadable', true]);
    }
  });

  it('bytes are taken as fast as they go, not faster', async t => {
    const release = Promise.withResolvers<void>();
    const { client, origin } = await clientOf(t, (request, response) => {
      release.promise.then(() => request.resume());
      request.on('end', () => response.writeHead(201).end());
    });
    const sizeBytes = 60_000_000;
    let takenBytes = 0;
    const body = new Readable({
      read() {
        const part = Math.min(65_536, sizeBytes - takenBytes);
        this.push(part > 0 ? Buffer.alloc(part) : null);
        takenBytes += part;
      },
    });
    const upload = client.putChunk(chunk(origin, body, sizeBytes));
    await settled(() => takenBytes);
    assert.ok(takenBytes > 0 && takenBytes < 20_000_000, `${takenBytes} bytes were read while the server took none`);
    release.resolve();
    assert.deepEqual(await upload, { complete: true });
  });
});

/** Resolves once `read` has given the same positive number for 50 ms. */
async function settled(read: () => number): Promise<void> {
  for (let same = 0, last = 0; same < 10; ) {
    await delay(5);
    same = read() > 0 && read() === last ? same + 1 : 0;
    last = read();
  }
}
