/** Which redirect addresses the authorize page lets through. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchRedirect } from '#simulator/oauth/redirect-rules.ts';
import { settingsSchema } from '#simulator/settings.ts';

const { clients } = settingsSchema.parse({
  clients: {
    app: {
      secret: 'app-secret',
      name: 'App',
      developer: 'd',
      webRedirects: ['https://example.org/cb'],
      desktopRedirects: ['http://localhost:*/callback/', 'http://127.0.0.1:3455/fixed/', 'https://localhost:9/*'],
    },
  },
});

const cases: [uri: string, type: 'web' | 'desktop' | undefined][] = [
  ['https://example.org/cb', 'web'],
  ['https://example.org/cb/', undefined],
  ['https://example.org/cb?x=1', undefined],
  ['http://localhost:3000/callback/', 'desktop'],
  ['http://localhost:65535/callback/', 'desktop'],
  ['http://localhost:65536/callback/', undefined],
  ['http://localhost:*/callback/', undefined],
  ['http://localhost/callback/', undefined],
  ['http://localhost:3000/callback', undefined],
  ['http://localhost:3000/callback/?a=b', undefined],
  ['http://localhost:3000/callback/#a', undefined],
  ['https://localhost:3000/callback/', undefined],
  ['http://127.0.0.1:3455/fixed/', 'desktop'],
  ['http://127.0.0.1:3456/fixed/', undefined],
  ['https://localhost:9/any/where', 'desktop'],
  ['http://localhost:1@evil.example:80/callback/', undefined],
  ['http://localhost.evil.example:80/callback/', undefined],
  [`https://localhost:9/${'x'.repeat(512)}`, undefined],
];

for (const [uri, type] of cases) {
  test(`${uri.slice(0, 60)} is ${type ?? 'refused'}`, () => {
    assert.ok(clients.app);
    assert.equal(matchRedirect(clients.app, uri), type);
  });
}
