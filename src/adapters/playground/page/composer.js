// Where a person writes: a line with completion for commands, and clips by button, drop or paste.

import { findPlace, readLine } from './command-line.js';
import { complete, completionOf, moveChoice, pick, renderCompletion } from './completion.js';
import { act, offer, suggest } from './connection.js';
import { live } from './lit-html/directives/live.js';
import { html, nothing } from './lit-html/lit-html.js';
import { changed, keep, newId, state } from './state.js';
import { formatSize } from './time.js';

/** @typedef {import('./state.js').Pane} Pane */

const CLIPS_MAX = 10;

/** @param {Pane} pane */
export function renderComposer(pane) {
  const completion = completionOf(pane);
  const listId = `completion-${pane.id}`;
  const active = completion && completion.active >= 0 ? `${listId}-${completion.active}` : nothing;
  return html`<form class="composer" @submit=${(/** @type {Event} */ event) => submit(event, pane)}>
    ${renderCompletion(pane, listId)}
    ${pane.complaint ? html`<p class="failure" role="alert">${pane.complaint}</p>` : nothing}
    ${
      pane.clips.length > 0
        ? html`<ul class="clips" aria-label="Attached clips">${pane.clips.map(clip => renderClip(pane, clip))}</ul>`
        : nothing
    }
    <div class="line">
      <label class="attach" title="Attach a clip">
        <span aria-hidden="true">+</span><span class="unseen">Attach a clip</span>
        <input type="file" accept="video/*,.mp4,.mov,.webm" multiple @change=${(/** @type {Event} */ event) => choose(event, pane)}>
      </label>
      <textarea rows="1" id=${`line-${pane.id}`} .value=${live(pane.draft)} placeholder="Write, or type /"
        aria-label=${`Message to Clipcue as ${pane.name}`} role="combobox" aria-expanded=${completion !== null}
        aria-controls=${listId} aria-autocomplete="list" aria-activedescendant=${active} autocomplete="off" spellcheck="false"
        @input=${(/** @type {Event} */ event) => typed(event, pane)}
        @keydown=${(/** @type {KeyboardEvent} */ event) => pressed(event, pane)}
        @click=${(/** @type {Event} */ event) => typed(event, pane)}
        @blur=${() => complete(pane, null)}
        @paste=${(/** @type {ClipboardEvent} */ event) => pasted(event, pane)}></textarea>
      <button class="primary send">Send</button>
    </div>
  </form>`;
}

/** @param {Pane} pane @param {Pane['clips'][number]} clip */
function renderClip(pane, clip) {
  const remove = () => {
    pane.clips = pane.clips.filter(one => one !== clip);
    changed();
  };
  return html`<li><span>${clip.file.name}</span> <small>${formatSize(clip.file.size)}</small>
    <button type="button" aria-label=${`Remove ${clip.file.name}`} @click=${remove}>×</button></li>`;
}

/** @param {Pane} pane @param {Iterable<File>} files */
export function attach(pane, files) {
  for (const file of files) pane.clips.push({ id: newId(), file, sentBytes: 0 });
  pane.complaint = pane.clips.length > CLIPS_MAX ? `At most ${CLIPS_MAX} clips at once; the others are left out.` : '';
  pane.clips = pane.clips.slice(0, CLIPS_MAX);
  changed();
  focusLine(pane);
}

/** @param {Pane} pane */
export const focusLine = pane => document.getElementById(`line-${pane.id}`)?.focus();

/** @param {Pane} pane @param {string} text */
export function setDraft(pane, text) {
  pane.draft = text;
  keep(`draft-${pane.id}`, text);
  changed();
}

/** @param {Event} event @param {Pane} pane */
function choose({ currentTarget }, pane) {
  if (!(currentTarget instanceof HTMLInputElement)) return;
  attach(pane, [...(currentTarget.files ?? [])]);
  // The same file may be chosen again after it was removed.
  currentTarget.value = '';
}

/** @param {ClipboardEvent} event @param {Pane} pane */
function pasted(event, pane) {
  const files = [...(event.clipboardData?.files ?? [])];
  if (files.length === 0) return;
  event.preventDefault();
  attach(pane, files);
}

/** @param {Event} event @param {Pane} pane */
function typed({ currentTarget }, pane) {
  if (!(currentTarget instanceof HTMLTextAreaElement)) return;
  if (currentTarget.value !== pane.draft) setDraft(pane, currentTarget.value);
  complete(pane, findPlace(pane.draft, currentTarget.selectionStart, state.commands));
}

/** @param {KeyboardEvent} event @param {Pane} pane */
function pressed(event, pane) {
  if (event.isComposing) return;
  const completion = completionOf(pane);
  if (completion && (event.key === 'ArrowDown' || event.key === 'ArrowUp'))
    moveChoice(pane, event.key === 'ArrowDown' ? 1 : -1);
  else if (completion && event.key === 'Escape') complete(pane, null);
  else if (completion && event.key === 'Tab' && !event.shiftKey) pick(pane, Math.max(completion.active, 0));
  else if (completion && completion.active >= 0 && event.key === 'Enter') pick(pane, completion.active);
  else if (event.key === 'Enter' && !event.shiftKey) void sendLine(pane);
  else return;
  event.preventDefault();
}

/** @param {Event} event @param {Pane} pane */
function submit(event, pane) {
  event.preventDefault();
  void sendLine(pane);
}

/** @param {Pane} pane */
export async function sendLine(pane) {
  const line = pane.draft.trim();
  const { clips } = pane;
  if (line === '' && clips.length === 0) return;
  const deed = await readDeed(pane, line);
  if (!deed) return;
  pane.clips = [];
  complete(pane, null);
  setDraft(pane, '');
  await act(pane.id, deed, clips);
}

/** @param {Pane} pane @param {string} line @returns {Promise<import('./connection.js').Deed | null>} */
async function readDeed(pane, line) {
  const { clips } = pane;
  const command = readLine(line, state.commands);
  if (!command) return { kind: 'say', text: line, clips: offer(clips) };
  const { name, words } = command;
  if (words !== null) return { kind: 'command', line, command: name, options: {}, words, clips: offer(clips) };
  if (clips.length > 1) {
    pane.complaint = 'With several clips leave the options out: they share one card.';
    changed();
    return null;
  }
  /** @type {Record<string, string | import('./connection.js').WireClip>} */
  const options = {};
  for (const [option, value] of Object.entries(command.options))
    options[option] = await meantBy(pane, command, option, value);
  const video = command.command?.options.find(({ kind }) => kind === 'video');
  const [clip] = offer(clips);
  if (video && clip) options[video.name] = clip;
  return { kind: 'command', line, command: name, options, words: null, clips: [] };
}

/** A choice is typed by its name and sent by its value. @param {Pane} pane @param {NonNullable<ReturnType<typeof readLine>>} line @param {string} option @param {string} typedValue */
async function meantBy(pane, { name, command }, option, typedValue) {
  const declared = command?.options.find(one => one.name === option);
  if (declared?.kind !== 'choice') return typedValue;
  const choices = await suggest(pane.id, name, option, typedValue);
  const meant = typedValue.toLowerCase();
  return (
    choices.find(({ label, value }) => [label.toLowerCase(), value.toLowerCase()].includes(meant))?.value ?? typedValue
  );
}
