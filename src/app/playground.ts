// The Playground, where the settings leave it on.

import type { ClipcueCommand } from '#commands/command.ts';
import type { Playground } from '../adapters/playground/adapter.ts';
import type { Foundation } from './foundation.ts';

export async function openPlayground(
  { config, stores, tiktokAccess, media, random, clock }: Foundation,
  commands: readonly ClipcueCommand[],
): Promise<Playground | null> {
  if (config.playground.kind === 'off') return null;
  const { createPlayground } = await import('../adapters/playground/adapter.ts');
  const { createDoor } = await import('../adapters/playground/door.ts');
  const { publicUrl } = config;
  const { simulatorOrigin } = tiktokAccess;
  return createPlayground({
    publicUrl,
    messages: stores.playgroundMessages,
    commands,
    simulatorOrigin,
    consent: simulatorOrigin === null ? null : consentAtSimulator,
    openClip: media.open,
    clipSize: media.size,
    door: createDoor({ publicUrl, isPublic: config.playground.isPublic, random }),
    clock,
  });
}

/** Walks from a link to its end as a browser would, saying yes everywhere. Gives what the last page hands to the chat. */
async function consentAtSimulator(linkUrl: string, account: string): Promise<string> {
  const { createBrowser } = await import('../demo/browser.ts');
  const { decide, followLink, wordsOf } = await import('../demo/consent.ts');
  const browser = createBrowser();
  const consentPage = await followLink(browser, linkUrl);
  const scopes = new URL(consentPage.url).searchParams.get('scope')?.split(',') ?? [];
  const last = await decide(browser, consentPage, { account, scopes });
  const payload = /href="[^"]*\/playground\?code=([\w%-]+)"/.exec(last.body)?.[1];
  if (!payload) throw new Error(`connecting at the simulator ended with: ${wordsOf(last)}`);
  return decodeURIComponent(payload);
}
