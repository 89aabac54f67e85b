// The page: a bar, one chat or two side by side, and the forms over them.

import { attach, focusLine, renderComposer } from './composer.js';
import { act, connect, whenKnown } from './connection.js';
import { renderDialog, showDialog } from './form-dialog.js';
import { repeat } from './lit-html/directives/repeat.js';
import { html, nothing, render } from './lit-html/lit-html.js';
import { renderMessage } from './message.js';
import { activePerson, changed, inOrder, keep, paneOf, read, state, watch } from './state.js';
import { offerSample, startTour, stopTour } from './tour.js';

/** @typedef {import('./state.js').Pane} Pane */
/** @typedef {import('./state.js').View} View */

const TICK_MS = 1_000;
/** Nearer to the end than this, a person is reading what is newest. */
const NEAR_END_PX = 120;
const root = /** @type {HTMLElement} */ (document.getElementById('app'));

function renderBar() {
  /** @type {[View, string][]} */
  const views = [
    ...state.panes.map(({ id, name }) => /** @type {[View, string]} */ ([id, name])),
    ['both', 'Side by side'],
  ];
  return html`<header class="bar">
    <h1>Clipcue <span>Playground</span></h1>
    ${state.simulatorOrigin ? html`<p class="practice">Practice<span class="wide">: nothing reaches TikTok</span></p>` : nothing}
    <nav aria-label="Elsewhere">
      ${
        state.simulatorOrigin
          ? html`<a href=${`${state.simulatorOrigin}/@clara.cooks`} target="_blank" rel="noopener">Profile<span class="unseen"> at the TikTok simulator, opens a new tab</span></a>
            <a href=${`${state.simulatorOrigin}/simulator`} target="_blank" rel="noopener">Simulator<span class="unseen">’s control panel, opens a new tab</span></a>`
          : nothing
      }
    </nav>
    <fieldset class="views">
      <legend class="unseen">Who is played</legend>
      ${views.map(
        ([
          view,
          name,
        ]) => html`<label class=${view}><input type="radio" name="view" value=${view} .checked=${state.view === view}
          @change=${() => setView(view)}><span>${name}</span></label>`,
      )}
    </fieldset>
  </header>`;
}

/** @param {View} view */
function setView(view) {
  state.view = view;
  keep('view', view);
  if (view !== 'both') keep('active', view);
  changed();
}

/** @param {Pane} pane @param {number} now */
function renderPane(pane, now) {
  const messages = inOrder(pane);
  return html`<section class=${`pane ${pane.id}`} aria-label=${`${pane.name}’s chat`} @dragover=${over} @drop=${(/** @type {DragEvent} */ event) => dropped(event, pane)}>
    ${state.view === 'both' ? html`<h2>${pane.name}</h2>` : html`<h2 class="unseen">${pane.name}’s chat</h2>`}
    <div class="log" role="log" aria-relevant="additions" aria-label=${`Messages with ${pane.name}`} tabindex="0">
      ${
        messages.length === 0
          ? renderEmpty(pane)
          : repeat(
              messages,
              ({ ref }) => ref,
              message => renderMessage(pane, message, now),
            )
      }
      ${pane.waiting > 0 ? html`<p class="waiting"><span aria-hidden="true"><i></i><i></i><i></i></span><span class="unseen">Clipcue is answering</span></p>` : nothing}
    </div>
    ${
      state.tour?.person === pane.id
        ? html`<p class="tour" role="status"><span>${state.tour.step}…</span><button type="button" @click=${stopTour}>Stop</button></p>`
        : nothing
    }
    ${renderComposer(pane)}
  </section>`;
}

/** @param {Pane} pane */
function renderEmpty(pane) {
  const connectAccount = () =>
    act(pane.id, {
      kind: 'command',
      line: '/connect-tiktok',
      command: 'connect-tiktok',
      options: {},
      words: '',
      clips: [],
    });
  return html`<div class="empty">
    <h3>Schedule a TikTok video from a chat</h3>
    <ol>
      <li>Connect ${state.simulatorOrigin ? 'a practice account: a simulator stands in for TikTok' : 'your TikTok account'}.</li>
      <li>Attach a clip and write when and what: <em>fri 18:30 Pasta night #food</em>.</li>
      <li>Look at the card, choose who can see it, press <em>Schedule</em>.</li>
    </ol>
    <div class="row">
      ${state.canWatch ? html`<button type="button" class="primary" @click=${() => startTour(pane)}>Watch a clip go live</button>` : nothing}
      <button type="button" @click=${connectAccount}>Connect an account</button>
      <button type="button" @click=${() => offerSample(pane)}>Use the sample clip</button>
    </div>
    ${state.canWatch ? html`<p class="note">Watching takes about 20 seconds, and every step is a real message.</p>` : nothing}
  </div>`;
}

/** @param {DragEvent} event */
const over = event => event.preventDefault();

/** @param {DragEvent} event @param {Pane} pane */
function dropped(event, pane) {
  event.preventDefault();
  const files = [...(event.dataTransfer?.files ?? [])];
  if (files.length > 0) attach(pane, files);
}

/** What was at its end stays there when more comes. */
function draw() {
  if (!state.isKnown) return;
  const logs = [...document.querySelectorAll('.log')];
  /** Heights of those at their end. Only more or less in them scrolls: a button must not move away under a pressed finger. */
  const heights = new Map(logs.map(log => [log, isAtEnd(log) ? log.scrollHeight : Infinity]));
  const shown = state.panes.filter(({ id }) => state.view === 'both' || state.view === id);
  const now = Date.now();
  render(
    html`${renderBar()}
    ${state.isConnected ? nothing : html`<p class="offline" role="status">Clipcue cannot be reached. What you write is kept; this page connects again by itself.</p>`}
    <main class=${`panes ${state.view}`}>${repeat(
      shown,
      ({ id }) => id,
      pane => renderPane(pane, now),
    )}</main>
    <p class="unseen" role="status">${state.news}</p>
    ${renderDialog()}`,
    root,
  );
  showDialog();
  const followed = [...document.querySelectorAll('.log')].filter(log => heights.get(log) !== Infinity);
  const follow = () => {
    for (const log of followed) {
      if (log.scrollHeight !== heights.get(log)) log.scrollTop = log.scrollHeight;
      heights.set(log, log.scrollHeight);
    }
  };
  follow();
  // Messages that come into sight take their true height only with the next frame.
  requestAnimationFrame(follow);
}

/** @param {Element} log */
const isAtEnd = ({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight < NEAR_END_PX;

function begin() {
  const view = read('view');
  state.view = view === 'both' || view === 'ben' ? view : 'ada';
  const code = new URLSearchParams(location.search).get('code');
  // A code in the address would be sent again with every reload.
  if (code !== null) history.replaceState(null, '', location.pathname);
  let isFirst = true;
  watch(() => {
    if (isFirst && state.isKnown) {
      isFirst = false;
      root.replaceChildren();
    }
    draw();
  });
  whenKnown(() => {
    if (code !== null) void act(activePerson(), { kind: 'start', payload: code });
    queueMicrotask(() => focusLine(paneOf(state.view === 'ben' ? 'ben' : 'ada')));
  });
  setInterval(() => {
    if (!document.hidden) changed();
  }, TICK_MS);
  connect();
}

begin();
