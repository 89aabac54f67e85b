/** The worker thread: runs the server and tells the main thread how it goes. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { EmbeddedMongodbError, type EmbeddedMongodbErrorCode } from '../errors.ts';
import type { Address, ListenOptions } from './listen.ts';
import { type Notice, startServer } from './server.ts';

export type WorkerInput = { dataDir: string; listen?: ListenOptions };

export type WorkerMessage =
  | { kind: 'ready'; address: Address }
  | { kind: 'refused'; code: EmbeddedMongodbErrorCode; message: string }
  | { kind: 'notice'; notice: Notice };

if (parentPort) void run(parentPort);

/** No top-level await: `require` loads this. */
async function run(port: MessagePort): Promise<void> {
  const send = (message: WorkerMessage) => port.postMessage(message);
  const { dataDir, listen } = workerData as WorkerInput;
  try {
    const onNotice = (notice: Notice) => send({ kind: 'notice', notice });
    const server = await startServer({ dataDir, listen, now: Date.now, onNotice });
    port.once('message', async () => {
      await server.stop();
      port.close();
    });
    send({ kind: 'ready', address: server.address });
  } catch (error) {
    if (!(error instanceof EmbeddedMongodbError)) throw error;
    send({ kind: 'refused', code: error.code, message: error.message });
    port.close();
  }
}
