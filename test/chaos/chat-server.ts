// The chat platforms of a round, as one HTTP server that notes what people were told. It can be down, which is answered with 503.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface SentMessage {
  readonly platform: string;
  readonly chatId: string;
  /** The notice's idempotency key: `post.version.kind`, with `.card` behind it where the card is redrawn. */
  readonly key: string;
  readonly edits: string | null;
}

export interface ChatServer {
  readonly url: string;
  /** What people saw, in order: a message that `dedup` dropped is not among them. */
  readonly seen: readonly SentMessage[];
  setDown(isDown: boolean): void;
  stop(): Promise<void>;
}

export async function startChatServer(): Promise<ChatServer> {
  const seen: SentMessage[] = [];
  const refs = new Map<string, string>();
  let isDown = false;

  function take(message: SentMessage): string {
    const known = message.platform === 'dedup' ? refs.get(message.key) : undefined;
    if (known) return known;
    seen.push(message);
    const ref = message.edits ?? `message-${seen.length}`;
    refs.set(message.key, ref);
    return ref;
  }

  const server = createServer(async (request, response) => {
    const message = JSON.parse(await text(request)) as SentMessage;
    if (isDown) response.writeHead(503).end();
    else response.end(JSON.stringify({ messageRef: take(message) }));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    seen,
    setDown(value) {
      isDown = value;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}
