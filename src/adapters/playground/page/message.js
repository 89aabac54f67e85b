// One message of a chat: what a person said, or what the bot said with its blocks and controls. Everything is text to the
// renderer; nothing in it is ever read as markup.

import { act, uploads } from './connection.js';
import { guard } from './lit-html/directives/guard.js';
import { live } from './lit-html/directives/live.js';
import { html, nothing } from './lit-html/lit-html.js';
import { changed, keep, paneOf } from './state.js';
import {
  formatClock,
  formatElsewhere,
  formatInstant,
  formatLength,
  formatRelative,
  formatSize,
  viewerZone,
} from './time.js';

/** @typedef {import('./state.js').Pane} Pane */
/** @typedef {import('./state.js').Message} Message */
/** @typedef {import('../../../chat/reply.ts').Control} Control */
/** @typedef {import('../../../chat/reply.ts').Select} Select */
/** @typedef {NonNullable<Message['reply']>['blocks'][number]} Block */
/** Over the wire an instant is text.
 * @typedef {string | { bold: string } | { code: string } | { link: string, url: string } | { instant: string, zone: string, style: string }} Span */

/** Long chats stay quick: a message is drawn anew only when something that it shows has changed. @param {Pane} pane @param {Message} message @param {number} now */
export function renderMessage(pane, message, now) {
  const { ref, reply, answers } = message;
  const isMoving = uploads.has(ref) || (reply !== null && hasInstant(reply));
  const shown = [message, pane.busy.has(ref), answers === null ? null : pane.messages.get(answers), isMoving ? now : 0];
  return guard(shown, () => (reply === null ? renderSpoken(pane, message) : renderReply(pane, message, now)));
}

/** Replies whose relative times tick. @type {WeakMap<object, boolean>} */
const ticking = new WeakMap();

/** @param {object} reply */
function hasInstant(reply) {
  const known = ticking.get(reply) ?? JSON.stringify(reply).includes('"instant"');
  ticking.set(reply, known);
  return known;
}

/** @param {Pane} pane @param {Message} message */
function renderSpoken(pane, { ref, text, clips, at, failure, resend }) {
  return html`<article class="spoken" id=${`m-${ref}`} aria-label=${`${pane.name}, ${formatClock(new Date(at))}`}>
    ${clips.map(name => html`<p class="attached"><span aria-hidden="true">▶</span> ${name}</p>`)}
    ${text ? html`<p class="words">${text}</p>` : nothing} ${renderProgress(ref)}
    ${
      failure
        ? html`<p class="failure" role="alert">${failure} <button type="button" @click=${resend}>Try again</button></p>`
        : nothing
    }
  </article>`;
}

/** @param {string} ref */
function renderProgress(ref) {
  const clips = uploads.get(ref);
  if (!clips) return nothing;
  const total = clips.reduce((sum, { file }) => sum + file.size, 0);
  const sent = clips.reduce((sum, { file, sentBytes }) => sum + Math.min(sentBytes, file.size), 0);
  return html`<p class="sending"><progress max=${total} value=${sent} aria-label="Sent so far"></progress>
    <span>${sent < total ? `${formatSize(sent)} of ${formatSize(total)}` : 'Clipcue looks into the clip…'}</span></p>`;
}

/** @param {Pane} pane @param {Message} message @param {number} now */
function renderReply(pane, message, now) {
  const { ref, reply, mark, answers, at } = message;
  const answered = answers === null ? undefined : pane.messages.get(answers);
  const isBusy = pane.busy.has(ref);
  return html`<article class=${`reply${isBusy ? ' busy' : ''}`} id=${`m-${ref}`} aria-busy=${isBusy}
    aria-label=${`Clipcue, ${formatClock(new Date(at))}`}>
    <header>
      <strong>Clipcue</strong> <time datetime=${at}>${formatClock(new Date(at))}</time>
      ${mark === 'private' ? html`<span class="mark" title="Nobody else sees this">Only you can see this</span>` : nothing}
      ${mark === 'direct' ? html`<span class="mark direct" title="Sent to ${pane.name} alone">Direct message</span>` : nothing}
    </header>
    ${
      answered
        ? html`<p class="answers"><a href=${`#m-${answered.ref}`}>In answer to “${headingOf(answered)}”</a></p>`
        : nothing
    }
    ${reply?.blocks.map(block => renderBlock(block, now))}
    ${reply?.rows.map(row => html`<div class="row">${row.map(control => renderControl(pane, ref, control))}</div>`)}
  </article>`;
}

/** @param {Message} message */
const headingOf = ({ reply, text }) => reply?.blocks.find(block => block.kind === 'heading')?.text ?? text;

/** @param {Block} block @param {number} now */
function renderBlock(block, now) {
  switch (block.kind) {
    case 'heading':
      return html`<h3>${block.text}</h3>`;
    case 'text':
      return html`<p>${renderSpans(block.spans, now)}</p>`;
    case 'note':
      return html`<p class="note">${renderSpans(block.spans, now)}</p>`;
    case 'fields':
      return html`<dl>${block.fields.map(
        ({ name, spans }) => html`<div><dt>${name}</dt><dd>${renderSpans(spans, now)}</dd></div>`,
      )}</dl>`;
    case 'copy':
      return renderCopy(block.text);
    case 'image':
      return html`<img class="picture" src=${safe(block.url)} alt=${block.alt} width="64" height="64" loading="lazy">`;
    case 'file':
      return html`<p><a class="button" href=${block.url} download=${block.name}>Save ${block.name} (${formatSize(block.sizeBytes)})</a></p>`;
    case 'clip':
      return html`<video src=${`/playground/media/${block.mediaId}#t=0.1`} controls preload="metadata" playsinline
        aria-label=${`The clip ${block.name}, ${formatLength(block.durationMs)}`} @error=${hide}></video>`;
  }
}

/** A clip is not kept for ever; what is left of it is its name. @param {Event} event */
const hide = ({ currentTarget }) => {
  if (currentTarget instanceof HTMLElement) currentTarget.hidden = true;
};

/** @param {string} text */
function renderCopy(text) {
  /** @param {Event} event */
  const copy = async event => {
    const button = event.currentTarget;
    await navigator.clipboard.writeText(text);
    if (button instanceof HTMLElement) button.textContent = 'Copied';
  };
  // Browsers give the clipboard to this machine's pages and to https alone.
  const canCopy = Boolean(navigator.clipboard);
  return html`<div class="copy"><p>${text}</p>${canCopy ? html`<button type="button" @click=${copy}>Copy</button>` : nothing}</div>`;
}

/** @param {readonly unknown[]} spans @param {number} now */
const renderSpans = (spans, now) => spans.map(span => renderSpan(/** @type {Span} */ (span), now));

/** @param {Span} span @param {number} now */
function renderSpan(span, now) {
  if (typeof span === 'string') return span;
  if ('bold' in span) return html`<strong>${span.bold}</strong>`;
  if ('code' in span) return html`<code>${span.code}</code>`;
  if ('link' in span) return renderLink(span.link, span.url, '', () => {});
  const at = new Date(span.instant);
  const title = span.zone && span.zone !== viewerZone ? formatElsewhere(at, span.zone) : at.toString();
  const relative = formatRelative(at, now);
  const absolute = formatInstant(at, now);
  if (span.style === 'relative') return html`<time datetime=${span.instant} title=${title}>${relative}</time>`;
  if (span.style === 'absolute') return html`<time datetime=${span.instant} title=${title}>${absolute}</time>`;
  return html`<time datetime=${span.instant} title=${title}>${absolute} <span class="relative">(${relative})</span></time>`;
}

/** Anything but a web address leads nowhere. @param {string} url */
const safe = url => (/^https?:\/\//.test(url) || url.startsWith('/playground/') ? url : '');

/** @param {string} label @param {string} url @param {string} look @param {() => void} onClick */
function renderLink(label, url, look, onClick) {
  const target = safe(url);
  const isOwn = target !== '' && new URL(target, location.href).origin === location.origin;
  return isOwn
    ? html`<a class=${look} href=${target} @click=${onClick}>${label}</a>`
    : html`<a class=${look} href=${target} target="_blank" rel="noopener noreferrer">${label}<span class="unseen"> (opens a new tab)</span></a>`;
}

/** @param {Pane} pane @param {string} ref @param {Control} control */
function renderControl(pane, ref, control) {
  if (control.kind === 'link')
    return renderLink(control.label, control.url, 'button primary', () => keep('active', pane.id));
  if (control.kind === 'select') return renderSelect(pane, ref, control);
  const { id, label, style, disabled } = control;
  return html`<button type="button" class=${style} ?disabled=${disabled} @click=${() => press(pane, ref, id, null)}>${label}</button>`;
}

/** @param {Pane} pane @param {string} ref @param {Select} control */
function renderSelect(pane, ref, { id, placeholder, options }) {
  const isChosen = options.some(({ selected }) => selected);
  /** @param {Event} event */
  const choose = ({ currentTarget }) => {
    if (currentTarget instanceof HTMLSelectElement) void press(pane, ref, id, currentTarget.value);
  };
  return html`<select aria-label=${placeholder} @change=${choose}>
    <option value="" disabled .selected=${live(!isChosen)}>${placeholder}</option>
    ${options.map(
      ({ label, value, selected }) =>
        html`<option value=${value} .selected=${live(selected === true)}>${label}</option>`,
    )}
  </select>`;
}

/** The last press on each card. @type {Map<string, Promise<unknown>>} */
const lastPresses = new Map();
/** Presses that the bot has not answered yet. @type {Set<string>} */
const unanswered = new Set();

/**
 * Presses on one card go out one after the other, since two at once would race; the same one twice at once is one.
 * @param {Pane} pane @param {string} ref @param {string} action @param {string | null} value
 */
export async function press({ id }, ref, action, value) {
  const pane = paneOf(id);
  const key = `${ref} ${action} ${value}`;
  if (unanswered.has(key)) return;
  unanswered.add(key);
  pane.busy.add(ref);
  const done = (lastPresses.get(ref) ?? Promise.resolve()).then(() =>
    act(id, { kind: 'press', action, value, messageRef: ref }),
  );
  lastPresses.set(ref, done);
  await done;
  unanswered.delete(key);
  if (lastPresses.get(ref) !== done) return;
  lastPresses.delete(ref);
  pane.busy.delete(ref);
  changed();
}
