// Where benchmarked uploads end: takes every PUT as TikTok takes a chunk (206, and 201 for the last one) and throws the bytes away.
// A process of its own, so that only the sender's work is compared. Its first line of output is its address.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const CONTENT_RANGE = /^bytes (\d+)-(\d+)\/(\d+)$/;

const server = createServer((request, response) => {
  request.resume().on('end', () => {
    const [, , last, total] = CONTENT_RANGE.exec(request.headers['content-range'] ?? '') ?? [];
    response.statusCode = Number(last) + 1 === Number(total) ? 201 : 206;
    response.setHeader('content-range', `bytes 0-${Number(last) + 1}/${total}`);
    response.end();
  });
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}/\n`);
});
process.once('SIGTERM', () => server.close());
