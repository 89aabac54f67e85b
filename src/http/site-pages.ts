// The pages around the bot: where a browser lands, and the terms and the privacy policy that TikTok's review asks for.

import { type Html, html, type Page } from './html.ts';

export interface Operator {
  readonly name: string | null;
  readonly contact: string | null;
}

export interface SiteFacts {
  readonly operator: Operator;
  readonly isPractice: boolean;
  readonly playgroundUrl: string | null;
  readonly simulatorOrigin: string | null;
  readonly clipKeepDays: number;
}

const operatorName = ({ name }: Operator): string => name ?? 'whoever runs this instance of Clipcue';

/** A mail or web address becomes a link; anything else stays words. */
function contactOf({ contact }: Operator): Html {
  if (contact === null) return html`the person who gave you this bot`;
  if (/^https?:\/\/\S+$/.test(contact)) return html`<a href="${contact}">${contact}</a>`;
  return /^[^\s@:/?]+@[^\s@:/?]+$/.test(contact) ? html`<a href="mailto:${contact}">${contact}</a>` : html`${contact}`;
}

export const landingPage = ({ operator, isPractice, playgroundUrl, simulatorOrigin }: SiteFacts): Page => ({
  title: 'Clipcue: schedule TikTok videos from a chat',
  body: html`
<h1>Schedule TikTok videos from a chat</h1>
<p>Send a clip with “fri 18:30”, look at one card, press Schedule. A direct message says when the video is live.</p>
${playgroundUrl ? html`<p><a class="button" href="${playgroundUrl}">Open the Playground</a></p>` : null}
${simulatorOrigin ? html`<p class="soft">Practice: nothing reaches TikTok. <a href="${simulatorOrigin}/simulator">The TikTok simulator</a> stands in for it.</p>` : null}
${isPractice ? null : html`<p>Run by ${operatorName(operator)}.</p>`}
<footer><p class="soft"><a href="/privacy">Privacy</a> · <a href="/terms">Terms</a></p></footer>`,
});

export const privacyPage = ({ operator, clipKeepDays }: SiteFacts): Page => ({
  title: 'Privacy',
  body: html`
<h1>Privacy</h1>
<p>This bot is run by <strong>${operatorName(operator)}</strong>. Questions: ${contactOf(operator)}.</p>
<h2>What is kept</h2>
<p>Your name and number on the chat platform; your time zone and settings; the TikTok accounts you connect (name, picture, and keys that are stored encrypted); your scheduled posts with their captions and choices; clips until ${clipKeepDays} days after their post has ended.</p>
<h2>What for</h2>
<p>To post the videos that you schedule, at the time and with the choices that you confirmed, and to tell you how it went. Nothing is sold, shown to others, or used for advertising.</p>
<h2>Who gets it</h2>
<p>TikTok gets the videos you schedule. The chat platform carries what you and the bot say. Nobody else.</p>
<h2>Your rights</h2>
<p>“/settings” gives you everything that is kept about you as a file, and deletes all of it. “/accounts” disconnects a TikTok account and wipes its keys; you can also take the permission back in TikTok’s own settings.</p>
<footer><p class="soft"><a href="/">Clipcue</a> · <a href="/terms">Terms</a></p></footer>`,
});

export const termsPage = ({ operator }: SiteFacts): Page => ({
  title: 'Terms of service',
  body: html`
<h1>Terms of service</h1>
<p>This bot is run by <strong>${operatorName(operator)}</strong>. Questions: ${contactOf(operator)}.</p>
<h2>What it does</h2>
<p>It posts videos to TikTok accounts that you connect, when you have asked for it and confirmed it.</p>
<h2>What is yours to do</h2>
<p>Connect only accounts that you may post for. Post only what is yours to post, and what TikTok’s own terms and community guidelines allow; label advertising and AI-generated videos as such.</p>
<h2>What can go wrong</h2>
<p>TikTok can refuse, delay or remove a video, and this bot can be unavailable. It is offered as it is, without warranty; it tells you when a post did not work out.</p>
<h2>The end</h2>
<p>You can leave at any time: “/settings” deletes everything about you. Who misuses the bot can be shut out.</p>
<footer><p class="soft"><a href="/">Clipcue</a> · <a href="/privacy">Privacy</a></p></footer>`,
});
