// The list above the line while a command is typed: commands, their options, likely times and accounts.

import { suggest } from './connection.js';
import { html, nothing } from './lit-html/lit-html.js';
import { changed, keep, state } from './state.js';

/** @typedef {import('./state.js').Pane} Pane */
/** @typedef {import('./command-line.js').Place} Place */
/** @typedef {{ label: string, about: string, text: string }} Entry */
/** @typedef {{ place: Place, entries: Entry[], active: number, title: string }} Completion */

const ASK_AFTER_MS = 120;
const KIND_NAMES = /** @type {Record<string, string>} */ ({
  video: 'a clip',
  text: 'words',
  time: 'a time',
  choice: 'a choice',
});

/** @type {Map<string, Completion>} */
const open = new Map();
/** @type {Map<string, ReturnType<typeof setTimeout>>} */
const timers = new Map();

/** @param {Pane} pane */
export const completionOf = pane => open.get(pane.id) ?? null;

/** Shows what fits `place`; null shows nothing. @param {Pane} pane @param {Place | null} place */
export function complete(pane, place) {
  clearTimeout(timers.get(pane.id));
  const entries = place ? entriesOf(place) : [];
  const title = place?.kind === 'option' ? (place.option?.summary ?? place.command.summary) : 'Commands';
  if (place && entries.length > 0)
    open.set(pane.id, { place, entries, active: place.kind === 'command' && !isWhole(place, entries) ? 0 : -1, title });
  else open.delete(pane.id);
  changed();
  if (place?.kind !== 'option' || !place.option?.hasSuggestions) return;
  const { command, option, text } = place;
  timers.set(
    pane.id,
    setTimeout(async () => {
      const choices = await suggest(pane.id, command.name, option.name, text);
      const found = choices
        .filter(({ label }) => label !== text)
        .map(({ label }) => ({ label, about: '', text: label }));
      // The person has typed on.
      if (open.get(pane.id) && open.get(pane.id)?.place !== place) return;
      const all = [...found, ...entries];
      if (all.length === 0) return;
      open.set(pane.id, { place, entries: all, active: -1, title });
      changed();
    }, ASK_AFTER_MS),
  );
}

/** @param {Place} place @param {Entry[]} entries */
const isWhole = ({ text }, entries) => entries.some(({ label }) => label === `/${text}`);

/** @param {Place} place @returns {Entry[]} */
function entriesOf(place) {
  if (place.kind === 'command')
    return state.commands
      .filter(({ name, aliases }) => [name, ...aliases].some(one => one.startsWith(place.text.toLowerCase())))
      .map(command => ({ label: `/${command.name}`, about: aboutCommand(command), text: `/${command.name} ` }));
  return place.free.map(({ name, summary, kind, required }) => ({
    label: `${name}:`,
    about: `${summary} (${KIND_NAMES[kind] ?? kind}${required ? ', needed' : ''})`,
    text: `${name}: `,
  }));
}

/** @param {import('./state.js').WireCommand} command */
function aboutCommand({ summary, options }) {
  const names = options.map(({ name, required }) => (required ? name : `[${name}]`));
  return names.length > 0 ? `${summary}: ${names.join(' ')}` : summary;
}

/** @param {Pane} pane @param {number} step */
export function moveChoice(pane, step) {
  const completion = open.get(pane.id);
  if (!completion) return;
  const count = completion.entries.length;
  completion.active = completion.active < 0 && step < 0 ? count - 1 : (completion.active + step + count) % count;
  changed();
  document.getElementById(`completion-${pane.id}-${completion.active}`)?.scrollIntoView({ block: 'nearest' });
}

/** Puts an entry into the line. @param {Pane} pane @param {number} index */
export function pick(pane, index) {
  const completion = open.get(pane.id);
  const entry = completion?.entries[index];
  if (!completion || !entry) return;
  const { place } = completion;
  const isNextOption = place.kind === 'option' && place.option !== null && entry.text.endsWith(': ');
  const start = isNextOption ? place.end : place.start;
  const before = pane.draft.slice(0, start);
  const gap = before === '' || /\s$/.test(before) ? '' : ' ';
  const rest = pane.draft.slice(place.end).trimStart();
  const line = `${before}${gap}${entry.text}${rest ? ` ${rest}` : ''}`;
  const caret = before.length + gap.length + entry.text.length;
  pane.draft = line;
  keep(`draft-${pane.id}`, line);
  open.delete(pane.id);
  changed();
  queueMicrotask(() => {
    const field = document.getElementById(`line-${pane.id}`);
    if (!(field instanceof HTMLTextAreaElement)) return;
    field.focus();
    field.setSelectionRange(caret, caret);
    field.dispatchEvent(new Event('input'));
  });
}

/** @param {Pane} pane @param {string} listId */
export function renderCompletion(pane, listId) {
  const completion = completionOf(pane);
  if (!completion) return html`<div id=${listId} hidden></div>`;
  const { entries, active, title } = completion;
  return html`<div class="completion">
    <p aria-hidden="true">${title}</p>
    <div role="listbox" id=${listId} aria-label=${title}>
      ${entries.map(
        (
          { label, about },
          index,
        ) => html`<div role="option" id=${`${listId}-${index}`} aria-selected=${index === active}
          @mousedown=${(/** @type {Event} */ event) => {
            // The line keeps the focus.
            event.preventDefault();
            pick(pane, index);
          }}><strong>${label}</strong>${about ? html` <span>${about}</span>` : nothing}</div>`,
      )}
    </div>
  </div>`;
}
