// The pages of linking, as pure functions of what they show.

import { wordsFor } from '../chat/explain.ts';
import { type AppError, ERROR_KINDS } from '../domain/errors.ts';
import { type Html, html, type Page } from './html.ts';
import { nameOfPlatform } from './platform-names.ts';

const practiceNote = (isPractice: boolean): Html | null =>
  isPractice
    ? html`<footer><p class="soft">Practice: the TikTok simulator stands in for TikTok, and nothing reaches it.</p></footer>`
    : null;

interface PersonView {
  readonly personName: string;
  readonly platform: string;
  readonly isPractice: boolean;
}

/** Names come from strangers: `bdi` keeps a right-to-left one from turning the sentence around. */
const whoFor = ({ personName, platform }: PersonView): Html =>
  html`<p>It will be used by <strong><bdi>${personName}</bdi></strong> on ${nameOfPlatform(platform)}, who can then schedule videos for it through this bot.</p>
<p class="warn">Not you, or did somebody else send you this link? Then close this page: they would be able to post to your account.</p>`;

export const connectPage = (view: PersonView): Page => ({
  title: 'Connect TikTok to Clipcue',
  body: html`
<h1>Connect your TikTok account?</h1>
${whoFor(view)}
<form method="post"><button>This is me: go to TikTok</button></form>
${practiceNote(view.isPractice)}`,
});

/** For a browser that TikTok sent back here although another one started. `state` stands for the attempt until it is replaced. */
export const continuePage = (view: PersonView & { state: string; action: string }): Page => ({
  title: 'Continue in this browser',
  body: html`
<h1>Continue in this browser?</h1>
<p>TikTok has brought you back in another browser than the one you started in, as phones often do. Continue here and say yes to TikTok once more.</p>
${whoFor(view)}
<form method="post" action="${view.action}"><input type="hidden" name="state" value="${view.state}"><button>This is me: continue here</button></form>
${practiceNote(view.isPractice)}`,
});

export interface ReturnView {
  readonly code: string;
  readonly platform: string;
  readonly displayName: string;
  readonly avatarUrl: string;
  /** Opens the chat with the code already in it, where the platform can. */
  readonly returnUrl: string | null;
  readonly isPractice: boolean;
}

export function returnPage(view: ReturnView): Page {
  const platform = nameOfPlatform(view.platform);
  const picture = view.avatarUrl ? html`<img src="${view.avatarUrl}" alt="">` : null;
  const way = view.returnUrl
    ? html`<p>One step is left: go back to ${platform}.</p><a class="button" href="${view.returnUrl}">Back to ${platform}</a>
<details><summary>Nothing opens?</summary><p>Copy this and send it to the bot in your chat on ${platform}:</p>
<code class="code long">/connect-tiktok ${view.code}</code></details>`
    : html`<p>One step is left: go back to the chat on ${platform} and enter this code there.</p>
<output class="${view.code.length > 12 ? 'code long' : 'code'}" aria-label="Return code">${view.code}</output>`;
  return {
    title: 'One step left',
    body: html`
<h1>TikTok said yes</h1>
<p class="who">${picture}<bdi>${view.displayName}</bdi></p>
${way}
<p class="warn">Give the code to nobody: whoever has it can post to your account. It is good for five minutes.</p>
${practiceNote(view.isPractice)}`,
  };
}

const TITLES: Partial<Record<AppError['code'], string>> = {
  link_expired: 'Too late for this link',
  link_used: 'A link works once',
  link_replaced: 'There is a newer link',
  link_page_foreign: 'Nothing was done',
  link_interrupted: 'TikTok did not answer',
  too_many_requests: 'One moment, please',
  link_declined: 'Nothing was connected',
  link_other_browser: 'This is another browser',
  link_unknown: 'This link leads nowhere',
  link_scopes_missing: 'A permission is missing',
  upload_link_unknown: 'This link leads nowhere',
  upload_link_expired: 'Too late for this link',
  upload_link_used: 'A link works once',
  upload_link_replaced: 'There is a newer link',
  upload_other_browser: 'This is another browser',
};

export function refusalPage(error: Pick<AppError, 'code' | 'facts'>, requestId: string): Page {
  const targetUserHint =
    error.code === 'link_expired' || error.code === 'link_refused_by_tiktok'
      ? html`<p class="soft">TikTok showed an error? Ask the owner of the bot to add your account as a target user.</p>`
      : null;
  // The number helps whoever reads the log, so it is shown where the fault may be ours.
  const isOurs = ERROR_KINDS[error.code] === 'bug' || ERROR_KINDS[error.code] === 'retry';
  return {
    title: TITLES[error.code] ?? 'That did not work',
    body: html`
<h1>${TITLES[error.code] ?? 'That did not work'}</h1>
<p>${wordsFor(error)}</p>
${targetUserHint}
<footer><p class="soft">You can close this page.${isOurs ? ` Reference: ${requestId}` : ''}</p></footer>`,
  };
}
