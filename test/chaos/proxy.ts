// A cable that can be cut: forwards loopback TCP to a server, until it is cut; then every connection breaks and new ones are refused.

import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Proxy {
  readonly port: number;
  cut(): void;
  mend(): void;
  stop(): Promise<void>;
}

export async function startProxy(to: { readonly host: string; readonly port: number }): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const breakAll = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const server = createServer({ noDelay: true }, inner => {
    if (isCut) {
      inner.resetAndDestroy();
      return;
    }
    const outer = connect({ ...to, noDelay: true });
    for (const [socket, other] of [
      [inner, outer],
      [outer, inner],
    ] as const) {
      sockets.add(socket);
      socket.pipe(other);
      // A broken end breaks the other one; that is all there is to say about it.
      socket.on('error', () => {});
      socket.once('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      isCut = true;
      breakAll();
    },
    mend() {
      isCut = false;
    },
    async stop() {
      breakAll();
      await new Promise(resolve => server.close(resolve));
    },
  };
}
