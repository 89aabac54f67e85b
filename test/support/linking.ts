// What stories and attacks on linking need: a person's link, requests as no browser would send them, the secrets that travelled.

import assert from 'node:assert/strict';
import type { HeadlessPerson } from '#adapters/headless/person.ts';
import { type Browser, type BrowserPage, createBrowser } from '#demo/browser.ts';
import { decide, followLink } from '#demo/consent.ts';
import { DIRECT_SCOPES, type Stand } from './stand.ts';

/** Asks for a link, as `/connect-tiktok` does. */
export async function askForLink(person: HeadlessPerson): Promise<string> {
  await person.command('connect-tiktok');
  return person.linkOf(/^Open/);
}

/** Says yes at TikTok as `account`. Gives the page at which the browser ends. */
export const authorize = (
  browser: Browser,
  consentPage: BrowserPage,
  account: string,
  scopes: readonly string[] = DIRECT_SCOPES,
): Promise<BrowserPage> => decide(browser, consentPage, { account, scopes });

/** The return code on a result page, in words or in the button that leads back to the chat; empty where there is none. */
export const codeOn = ({ body }: { readonly body: string }): string =>
  decodeURIComponent((/<output[^>]*>([^<]+)/.exec(body) ?? /href="[^"?]+\?start=([^"&]+)"/.exec(body))?.[1] ?? '');

/** From the link to the return code, in a browser of its own. */
export async function getReturnCode(person: HeadlessPerson, account: string): Promise<string> {
  const browser = createBrowser();
  return codeOn(await authorize(browser, await followLink(browser, await askForLink(person)), account));
}

/** Brings a code to the chat. Gives what the bot answered. */
export async function bringCode(person: HeadlessPerson, code: string): Promise<string> {
  return person.read(await person.command('connect-tiktok', { code }));
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
  /** Where a redirect leads; empty where none. */
  readonly location: string;
  /** The first of the cookies set, as a browser would send it back. */
  readonly cookie: string;
}

/** One request, redirects not followed. */
export async function request(url: string, init: RequestInit = {}): Promise<RawAnswer> {
  const answer = await fetch(url, { redirect: 'manual', ...init });
  const { headers } = answer;
  const cookie = headers.getSetCookie().find(line => /clipcue-link=[^;]/.test(line)) ?? '';
  return {
    status: answer.status,
    headers,
    body: await answer.text(),
    location: headers.get('location') ?? '',
    cookie: cookie.split(';')[0] ?? '',
  };
}

/** Presses "This is me" on the link page. */
export const press = (link: string, headers: Record<string, string> = {}): Promise<RawAnswer> =>
  request(link, { method: 'POST', headers: { origin: new URL(link).origin, ...headers } });

/** Says yes (or no) at TikTok without following its way back: gives that address. */
export async function consent(
  consentUrl: string,
  account: string,
  { scopes = DIRECT_SCOPES, decision = 'authorize' }: { scopes?: readonly string[]; decision?: string } = {},
): Promise<string> {
  const body = new URLSearchParams({ account, decision });
  for (const scope of scopes) body.append('granted', scope);
  const answer = await request(consentUrl, { method: 'POST', body });
  assert.equal(answer.status, 303, `TikTok should send the browser back: ${answer.body}`);
  return answer.location;
}

/** A linking brought up to TikTok's way back, its secrets in hand. */
export interface Journey {
  readonly link: string;
  readonly cookie: string;
  readonly state: string;
  /** TikTok's way back, with code and state. */
  readonly callback: string;
}

export async function travel(person: HeadlessPerson, account: string): Promise<Journey> {
  const link = await askForLink(person);
  const { location, cookie } = await press(link);
  const state = new URL(location).searchParams.get('state') ?? '';
  return { link, cookie, state, callback: await consent(location, account) };
}

export const arrive = (callback: string, cookie = ''): Promise<RawAnswer> =>
  request(callback, cookie ? { headers: { cookie } } : {});

/** A page's words. */
export const wordsOf = ({ body }: { readonly body: string }): string =>
  (/<main>(.*)<\/main>/s.exec(body)?.[1] ?? body)
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();

/** Nothing that travelled may be in the log: neither these values nor anything that looks like a token. */
export function assertNotLogged(stand: Stand, ...secrets: string[]): void {
  const log = stand.logLines.join('');
  for (const secret of secrets) {
    assert.ok(secret.length >= 8, `“${secret}” is too short to look for`);
    assert.ok(!log.includes(secret), `the log should not hold ${secret}`);
  }
  assert.doesNotMatch(log, /\b(act|rft)\.[A-Za-z0-9_-]{8}/, 'the log should hold no token');
}

export const secretsOf = ({ link, cookie, state, callback }: Journey): string[] => [
  new URL(link).pathname.split('/').at(-1) ?? '',
  cookie.split('=')[1] ?? '',
  state,
  new URL(callback).searchParams.get('code') ?? '',
];
