// Links that people paste: hostile ones reach nothing that they should not, and keep nothing; good ones bring their clip. The guard is
// the real one; behind it a server with a certificate of its own stands for the whole internet.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import type { LookupAddress } from 'node:dns';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { type AddressInfo, isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { buildConnector } from 'undici';
import { isAppError } from '#domain/errors.ts';
import { createDiskStore } from '#media/disk-store.ts';
import { createLinkSource, type LinkSource, nameOfLink, readLink } from '#media/link-source.ts';
import { CLIP } from '#test/support/stand.ts';

const PUBLIC = '93.184.216.34';
const CAP_BYTES = 1_000_000;
const clip = readFileSync(CLIP);

/** Addresses of this machine, of houses, data centres and metadata services, in every notation that somebody reads. */
const PRIVATE_V4 = [
  ...['127.0.0.1', '127.1', '127.0.1', '0177.0.0.1', '0x7f.0.0.1', '0x7f000001', '2130706433', '017700000001'],
  ...['127.0.0.1.', '127.255.255.254', '127.000.000.001', '0x7f.1', '0', '0.0.0.0', '0.0.0.1', '%31%32%37.0.0.1'],
  ...['１２７.0.0.1', '127。0。0。1', '①②⑦.0.0.1', '10.0.0.1', '10.255.255.255', '012.0.0.1', '0xa.0.0.1', '167772161'],
  ...['172.16.0.1', '172.31.255.255', '2886729729', '192.168.0.1', '192.168.1.1', '0xc0a80001', '3232235521'],
  ...['169.254.169.254', '169.254.0.1', '0xa9fea9fe', '2852039166', '0251.0376.0251.0376', '169.254.170.2'],
  ...['100.64.0.1', '100.100.100.200', '100.127.255.255', '192.0.0.1', '192.0.0.192', '192.0.2.1', '198.51.100.1'],
  ...['203.0.113.1', '198.18.0.1', '198.19.255.255', '192.88.99.1', '224.0.0.1', '239.255.255.255', '240.0.0.1'],
  ...['255.255.255.255', '4294967295', '0xffffffff', '168.63.129.16'].slice(0, 3),
];
const PRIVATE_V6 = [
  ...['::1', '::', '0:0:0:0:0:0:0:1', '0000:0000:0000:0000:0000:0000:0000:0001', '::127.0.0.1', '::7f00:1'],
  ...['::ffff:127.0.0.1', '::ffff:7f00:1', '0:0:0:0:0:ffff:127.0.0.1', '::ffff:169.254.169.254', '::ffff:a9fe:a9fe'],
  ...['::ffff:10.0.0.1', '::ffff:192.168.0.1', '::ffff:0:127.0.0.1', '::ffff:93.184.216.34', '64:ff9b::127.0.0.1'],
  ...[
    '64:ff9b::7f00:1',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::7f00:1',
    '2002:7f00:1::',
    '2002:a9fe:a9fe::1',
    '2002:c0a8:1::1',
  ],
  ...['2001::1', '2001:0:7f00:1::', '2001:db8::1', '2001:2::1', '2001:10::1', '2001:20::1', '3fff::1', '5f00::1'],
  ...[
    'fe80::1',
    'febf::1',
    'fec0::1',
    'fc00::1',
    'fd00::1',
    'fd00:ec2::254',
    'fdff::1',
    'ff02::1',
    'ff05::2',
    '100::1',
  ],
  ...[
    '4000::1',
    '8000::1',
    'e000::1',
    '1::1',
    '::2',
    '::ffff:a00:1',
    '2001:0:a00:1::',
    '64:ff9b::a00:1',
    'fe80::a9fe:a9fe',
  ],
];
/** What names lead to: a literal is easy to see, an answer of DNS must be looked at just as well. */
const PRIVATE_ANSWERS = [...PRIVATE_V4.filter(address => isIP(address)), ...PRIVATE_V6];

const NO_LINKS = [
  ...[
    'http://videos.example/clip.mp4',
    'ftp://videos.example/clip.mp4',
    'file:///etc/passwd',
    'gopher://127.0.0.1:70/_x',
  ],
  ...['data:video/mp4;base64,AAAA', 'javascript:alert(1)', 'https://', 'https:///clip.mp4%', 'clip.mp4', ''],
  ...[
    'https://user:password@videos.example/clip.mp4',
    'https://127.0.0.1@videos.example/',
    'https://videos.example:22/',
  ],
  ...['https://videos.example:6379/', 'https://videos.example:27017/', 'https://videos.example:8443/clip.mp4'],
  ...['blob:https://videos.example/1', 'unix:/var/run/docker.sock', `https://videos.example/${'a'.repeat(3000)}`],
];

type Behaviour = (path: string) => {
  status: number;
  headers?: Record<string, string>;
  body?: Buffer;
  isEndless?: boolean;
  isSilent?: boolean;
};

const REDIRECTS = [
  ...[
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://169.254.169.254/latest/meta-data/',
    'http://videos.example/x.mp4',
  ],
  ...[
    'https://private.example/',
    '//127.0.0.1/',
    'https://2130706433/',
    'file:///etc/passwd',
    'https://[::ffff:7f00:1]/',
  ],
  ...['https://videos.example:22/', 'https://user@videos.example/', 'https://mixed.example/', 'ftp://videos.example/'],
];

const NOT_CLIPS: [string, Buffer, string, string][] = [
  ['a page', Buffer.from('<!doctype html><title>Watch</title>'), 'text/html', 'clip_link_page'],
  ['a page called a video', Buffer.from('\n <html><body>Sign in</body>'), 'video/mp4', 'clip_link_page'],
  ['JSON', Buffer.from('{"error":"no"}'), 'application/json', 'clip_link_page'],
  ['a program', Buffer.from('\x7fELF\x02\x01\x01'), 'video/mp4', 'clip_not_video'],
  ['an archive', Buffer.from('PK\x03\x04aaaaaaaaaaaaaaaa'), 'video/mp4', 'clip_not_video'],
  ['gzip', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]), 'video/mp4', 'clip_not_video'],
  ['nothing', Buffer.alloc(0), 'video/mp4', 'clip_not_video'],
  [
    'Matroska',
    Buffer.from('\x1a\x45\xdf\xa3\x8b\x42\x82\x88matroska', 'latin1'),
    'video/webm',
    'clip_container_unsupported',
  ],
  ['AVI', Buffer.from('RIFF\0\0\0\0AVI LIST'), 'video/mp4', 'clip_container_unsupported'],
  ['a picture', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), 'video/mp4', 'clip_not_video'],
];

describe('links to clips', () => {
  let folder: string;
  let server: Server;
  let source: LinkSource;
  const behaviours = new Map<string, Behaviour>();
  /** Addresses that a connection was made to. */
  const connected: string[] = [];
  const answers = new Map<string, readonly LookupAddress[] | (() => readonly LookupAddress[])>();
  const addressOf = (address: string): LookupAddress => ({ address, family: address.includes(':') ? 6 : 4 });

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'clipcue-links-'));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const names =
      'subjectAltName=DNS:videos.example,DNS:rebinding.example,DNS:www.dropbox.com,DNS:dl.dropboxusercontent.com,IP:93.184.216.34,IP:127.0.0.1';
    const make = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    execFileSync('openssl', [...make, '-subj', '/CN=test', '-addext', names, '-keyout', key, '-out', cert], {
      stdio: 'ignore',
    });
    server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
      const { host = '' } = request.headers;
      const {
        status,
        headers = {},
        body,
        isEndless,
        isSilent,
      } = behaviours.get(host)?.(request.url ?? '') ?? { status: 404 };
      if (isSilent) return;
      response.writeHead(status, headers);
      if (!isEndless) return void response.end(body);
      response.write(body);
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      };
      response.on('drain', more);
      more();
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const dial = buildConnector({ ca: readFileSync(cert), timeout: 5_000 });
    source = createLinkSource({
      async resolve(hostname) {
        if (isIP(hostname)) return [addressOf(hostname)];
        const known = answers.get(hostname);
        if (!known) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
        return typeof known === 'function' ? known() : known;
      },
      connect(options, callback) {
        connected.push(options.hostname);
        // Where the address says it is public, the one server answers for it.
        dial({ ...options, hostname: '127.0.0.1', port: String(port) }, callback);
      },
    });
    for (const name of ['videos.example', 'www.dropbox.com', 'dl.dropboxusercontent.com'])
      answers.set(name, [addressOf(PUBLIC)]);
    answers.set('private.example', [addressOf('10.0.0.7')]);
    answers.set('mixed.example', [addressOf(PUBLIC), addressOf('127.0.0.1')]);
    answers.set('empty.example', []);
  });
  after(async () => {
    await source.close();
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
    rmSync(folder, { recursive: true });
  });

  /** Fetches as the product does: through the store, which counts and keeps. */
  async function fetchClip(address: string, signal = AbortSignal.timeout(5_000)) {
    const dir = mkdtempSync(join(folder, 'store-'));
    const store = await createDiskStore({
      dir,
      clock: Date.now,
      newId: () => 'abcdefghijklmnop',
      maxBytes: CAP_BYTES,
      minFreeRatio: 0,
    });
    try {
      return { clip: await store.receive(await source.offer(address).open(signal), { deadlineMs: 5_000 }), dir };
    } catch (error) {
      assert.deepEqual(readdirSync(dir), [], `${address} left something behind`);
      throw error;
    }
  }

  async function refusalOf(address: string): Promise<string> {
    try {
      await fetchClip(address);
    } catch (error) {
      if (isAppError(error)) return error.code;
      throw error;
    }
    return 'taken';
  }

  it('two hundred hostile links reach nothing', async () => {
    const hostile: [string, RegExp][] = [
      ...[...PRIVATE_V4, ...PRIVATE_V6.map(address => `[${address}]`)].map(
        host => [`https://${host}/clip.mp4`, /clip_link_(forbidden|invalid)/] as [string, RegExp],
      ),
      ...PRIVATE_ANSWERS.map((address, index): [string, RegExp] => {
        answers.set(`name${index}.example`, index % 2 ? [addressOf(PUBLIC), addressOf(address)] : [addressOf(address)]);
        return [`https://name${index}.example/clip.mp4`, /clip_link_forbidden/];
      }),
      ...NO_LINKS.map(address => [address, /clip_link_invalid/] as [string, RegExp]),
      ['https://private.example/clip.mp4', /clip_link_forbidden/],
      ['https://mixed.example/clip.mp4', /clip_link_forbidden/],
      ['https://empty.example/clip.mp4', /clip_link_forbidden/],
      ['https://no-such-name.example/clip.mp4', /clip_link_unreachable/],
      ['https://[fe80::1%25eth0]/clip.mp4', /clip_link_invalid/],
    ];
    assert.ok(hostile.length >= 200, `${hostile.length} links`);
    connected.length = 0;
    for (const [address, expected] of hostile) assert.match(await refusalOf(address), expected, address);
    assert.deepEqual(connected, [], 'no connection may be made');
  });

  it('redirects are looked at like links, each of them, and not for ever', async () => {
    connected.length = 0;
    for (const location of REDIRECTS) {
      behaviours.set('videos.example', () => ({ status: 302, headers: { location } }));
      assert.match(await refusalOf('https://videos.example/clip.mp4'), /clip_link_(forbidden|invalid)/, location);
    }
    let asked = 0;
    behaviours.set('videos.example', () => {
      asked += 1;
      return { status: 302, headers: { location: `/again/${asked}` } };
    });
    assert.equal(await refusalOf('https://videos.example/clip.mp4'), 'clip_link_unreachable');
    assert.equal(asked, 6, 'requests in a circle');
    assert.ok(
      connected.every(address => address === PUBLIC),
      `connections went to ${connected}`,
    );
  });

  it('a name that changes its answer is connected to where it was checked, or not at all', async () => {
    let asked = 0;
    answers.set('rebinding.example', () => [addressOf(asked++ % 2 === 0 ? PUBLIC : '127.0.0.1')]);
    connected.length = 0;
    behaviours.set('rebinding.example', () => ({
      status: 302,
      headers: { location: 'https://other.example/', connection: 'close' },
    }));
    answers.set('other.example', () => [addressOf(asked++ % 2 === 0 ? '127.0.0.1' : '10.0.0.1')]);
    for (let turn = 0; turn < 4; turn++)
      assert.equal(await refusalOf('https://rebinding.example/clip.mp4'), 'clip_link_forbidden');
    assert.ok(
      connected.every(address => address === PUBLIC),
      `connections went to ${connected}`,
    );
  });

  it('what is no clip is known by its beginning, whatever it is called', async () => {
    for (const [what, body, contentType, code] of NOT_CLIPS) {
      behaviours.set('videos.example', () => ({ status: 200, headers: { 'content-type': contentType }, body }));
      assert.equal(await refusalOf('https://videos.example/clip.mp4'), code, what);
      behaviours.set('videos.example', () => ({
        status: 200,
        headers: { 'content-type': contentType },
        body,
        isEndless: true,
      }));
      if (body.length > 0) assert.equal(await refusalOf('https://videos.example/clip.mp4'), code, `${what}, endless`);
    }
  });

  it('an endless clip is cut off at the cap, a silent server at the deadline, an error is said', async () => {
    behaviours.set('videos.example', () => ({ status: 200, body: clip, isEndless: true }));
    assert.equal(await refusalOf('https://videos.example/clip.mp4'), 'clip_too_large');
    behaviours.set('videos.example', () => ({ status: 200, isSilent: true }));
    await assert.rejects(fetchClip('https://videos.example/clip.mp4', AbortSignal.timeout(200)), { code: 'aborted' });
    for (const status of [401, 403, 404, 500, 304]) {
      behaviours.set('videos.example', () => ({ status }));
      assert.equal(await refusalOf('https://videos.example/clip.mp4'), 'clip_link_unreachable');
    }
  });

  it('takes a clip, over redirects, from a bare public address, and from Dropbox', async () => {
    behaviours.set('videos.example', path =>
      path === '/v/clip.mp4' ? { status: 200, body: clip } : { status: 301, headers: { location: '/v/clip.mp4' } },
    );
    assert.equal((await fetchClip('https://videos.example/')).clip.sizeBytes, clip.length);
    behaviours.set(PUBLIC, () => ({ status: 200, body: clip }));
    assert.equal((await fetchClip(`https://${PUBLIC}/clip.mp4`)).clip.sizeBytes, clip.length);
    const page = Buffer.from('<html>');
    behaviours.set('www.dropbox.com', path =>
      /[?&]dl=1\b/.test(path)
        ? { status: 302, headers: { location: 'https://dl.dropboxusercontent.com/x' } }
        : { status: 200, body: page },
    );
    behaviours.set('dl.dropboxusercontent.com', () => ({ status: 200, body: clip }));
    for (const address of [
      'https://www.dropbox.com/s/abc/clip.mp4?dl=0',
      'https://www.dropbox.com/scl/fi/a/clip.mp4?rlkey=x&dl=0',
    ])
      assert.equal((await fetchClip(address)).clip.sizeBytes, clip.length, address);
  });

  it('names a clip by its address', () => {
    assert.equal(nameOfLink(readLink('https://videos.example/a/My%20clip.mp4?x=1')), 'My clip.mp4');
    assert.equal(nameOfLink(readLink('https://videos.example/')), 'clip');
    assert.equal(nameOfLink(readLink('https://videos.example/%E0%A4%A')), '%E0%A4%A');
    assert.equal(nameOfLink(readLink('https://videos.example/..%2F..%2Fetc%2Fpasswd')), '....etcpasswd');
  });
});
