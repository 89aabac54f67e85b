// What a person does in the browser to connect an account: the link page, the simulator's consent page, the return code.

import type { Browser, BrowserPage } from './browser.ts';

export interface Consent {
  /** The simulated creator to connect, such as "clara.cooks". */
  readonly account: string;
  readonly scopes: readonly string[];
  readonly decision?: 'authorize' | 'cancel';
}

/** Presses "This is me" on the link page. Gives TikTok's consent page. */
export const followLink = (browser: Browser, linkUrl: string): Promise<BrowserPage> => browser.submit(linkUrl);

/** Decides on the consent page. Gives the page that the callback shows. */
export const decide = (browser: Browser, consentPage: BrowserPage, consent: Consent): Promise<BrowserPage> =>
  browser.submit(consentPage.url, {
    account: consent.account,
    granted: consent.scopes,
    decision: consent.decision ?? 'authorize',
  });

/** The code that the result page shows. @throws Error with the page's words where there is none. */
export function readReturnCode(page: BrowserPage): string {
  const code = /<output[^>]*>([^<]+)<\/output>/.exec(page.body)?.[1];
  if (code) return code;
  throw new Error(`the page shows no return code (${page.status}): ${wordsOf(page)}`);
}

/** A page's text without its markup. */
export const wordsOf = ({ body }: BrowserPage): string =>
  (/<main>(.*)<\/main>/s.exec(body)?.[1] ?? body)
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
