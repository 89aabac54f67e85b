// The plain stream that the upload page is compared with: a server that writes down what a browser puts, safe from a power cut, and does
// nothing else. A process of its own, as Clipcue is. Takes the path to write to; its first line of output is its address.

import { createWriteStream } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';

const [path = ''] = process.argv.slice(2);
const server = createServer(async (request, response) => {
  if (request.method === 'PUT') await pipeline(request, createWriteStream(path, { flush: true }));
  response.setHeader('content-type', 'text/html').end('<input type="file">');
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}/\n`);
});
