// A fresh database for a test that needs no whole app: on the server that TEST_MONGODB_URI names, or an embedded one in `dataDir`.

import { testDatabaseUri } from './stand.ts';

export async function startTestDatabase(dataDir: string): Promise<{ uri: string; stop(): Promise<void> }> {
  const uri = testDatabaseUri();
  if (uri) return { uri, stop: async () => {} };
  const { startEmbeddedMongodb } = await import('@clipcue/embedded-mongodb');
  const embedded = await startEmbeddedMongodb({ dataDir, onNotice: () => {} });
  return { uri: embedded.uri('clipcue-test'), stop: embedded.stop };
}
