// Server-sent events: what the bot says, to every page that is open. A page that connects gets the whole state first, so that
// nothing is lost between two connections.

import type { ServerResponse } from 'node:http';

/** Keeps proxies from closing a quiet stream. */
const HEARTBEAT_MS = 20_000;
/** A page that reads no more is let go; it connects again and gets everything. */
const UNREAD_MAX_BYTES = 16_000_000;
const STREAMS_MAX = 50;
const RECONNECT_AFTER_MS = 500;

interface Stream {
  readonly response: ServerResponse;
  /** What was said while the state for `hello` was being read; null once that is out. */
  waiting: string[] | null;
}

export interface Streams {
  /** Takes over a response; `readState` gives what its first event says. */
  open(
    response: ServerResponse,
    headers: Readonly<Record<string, string>>,
    readState: () => Promise<object>,
  ): Promise<void>;
  say(event: string, data: object): void;
  close(): void;
}

const format = (event: string, data: object): string => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

export function createStreams(): Streams {
  const streams = new Set<Stream>();
  const heartbeat = setInterval(() => {
    for (const stream of streams) write(stream, ':\n\n');
  }, HEARTBEAT_MS);
  heartbeat.unref();

  function write(stream: Stream, text: string): void {
    if (stream.response.writableLength > UNREAD_MAX_BYTES) stream.response.destroy();
    else stream.response.write(text);
  }

  return {
    async open(response, headers, readState) {
      const [oldest] = streams;
      if (oldest && streams.size >= STREAMS_MAX) oldest.response.end();
      const stream: Stream = { response, waiting: [] };
      streams.add(stream);
      response.once('close', () => streams.delete(stream));
      response.writeHead(200, { ...headers, 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write(`retry: ${RECONNECT_AFTER_MS}\n\n`);
      try {
        write(stream, format('hello', await readState()));
      } catch (error) {
        // The page connects again by itself.
        response.end();
        throw error;
      }
      for (const text of stream.waiting ?? []) write(stream, text);
      stream.waiting = null;
    },

    say(event, data) {
      const text = format(event, data);
      for (const stream of streams) {
        if (stream.waiting) stream.waiting.push(text);
        else write(stream, text);
      }
    },

    close() {
      clearInterval(heartbeat);
      for (const { response } of streams) response.end();
    },
  };
}
