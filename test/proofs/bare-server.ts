// The plain stream that the upload page is compared with: a server that writes down what a browser puts, safe from a power cut, and does
// nothing else. A process of its own, as Clipcue is, and like a clip each file is a new one: to write over the last one, whose memory
// the system still has at hand, takes a third of the time. Takes the folder to write to; its first line of output is its address.

import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

const [folder = ''] = process.argv.slice(2);
const server = createServer(async (request, response) => {
  if (request.method === 'PUT') await pipeline(request, createWriteStream(join(folder, randomUUID()), { flush: true }));
  response.setHeader('content-type', 'text/html').end('<input type="file">');
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}/\n`);
});
