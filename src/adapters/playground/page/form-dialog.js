// The bot's forms, as a dialog over the page.

import { act, offer } from './connection.js';
import { html, nothing } from './lit-html/lit-html.js';
import { changed, newId, paneOf, state } from './state.js';

/** @typedef {NonNullable<typeof state.dialog>} Dialog */
/** @typedef {Dialog['form']['fields'][number]} Field */

export function renderDialog() {
  const { dialog } = state;
  return html`<dialog id="form" aria-labelledby="form-title" @close=${close}>${dialog ? renderForm(dialog) : nothing}</dialog>`;
}

/** Opens the dialog once it is drawn. */
export function showDialog() {
  const element = document.getElementById('form');
  if (!(element instanceof HTMLDialogElement)) return;
  if (state.dialog && !element.open) {
    element.showModal();
    element.querySelector('form')?.reset();
    const first = element.querySelector('input, textarea, select');
    if (first instanceof HTMLElement) first.focus();
    if (first instanceof HTMLInputElement && first.type !== 'file') first.select();
  }
  if (!state.dialog && element.open) element.close();
}

function close() {
  state.dialog = null;
  changed();
}

/** @param {Dialog} dialog */
function renderForm(dialog) {
  const { form, person } = dialog;
  return html`<form @submit=${(/** @type {SubmitEvent} */ event) => submit(event, dialog)}>
    <h2 id="form-title">${form.title}</h2>
    ${form.fields.map(renderField)}
    <div class="row">
      <button class="primary">${form.submitLabel}</button>
      <button type="button" @click=${close}>Cancel</button>
    </div>
    <p class="note">As ${paneOf(person).name}</p>
  </form>`;
}

/** @param {Field} field */
function renderField(field) {
  const { name, label, hint, suggestions } = field;
  const hintId = `hint-${name}`;
  if (field.kind === 'checks') return renderChecks(field);
  return html`<div class="field">
    <label for=${`field-${name}`}>${label}</label>
    ${renderInput(field, hint ? hintId : nothing)}
    ${hint ? html`<p class="note" id=${hintId}>${hint}</p>` : nothing}
    ${
      suggestions
        ? html`<div class="row">${suggestions.options.map(
            ({ label, value }) => html`<button type="button" @click=${() => fill(name, value)}>${label}</button>`,
          )}</div>`
        : nothing
    }
  </div>`;
}

/** @param {Field} field */
function renderChecks({ name, label, hint, options = [] }) {
  return html`<fieldset class="field checks">
    <legend>${label}</legend>
    ${options.map(
      option =>
        html`<label><input type="checkbox" name=${name} value=${option.value} ?checked=${option.selected}> ${option.label}</label>`,
    )}
    ${hint ? html`<p class="note">${hint}</p>` : nothing}
  </fieldset>`;
}

/** @param {Field} field @param {string | symbol} describedBy */
function renderInput({ name, kind, required, value = '', maxLength, options = [] }, describedBy) {
  const id = `field-${name}`;
  const most = maxLength ?? nothing;
  switch (kind) {
    case 'paragraph':
      return html`<textarea id=${id} name=${name} rows="5" ?required=${required} maxlength=${most} aria-describedby=${describedBy} .defaultValue=${value}></textarea>`;
    case 'choice':
      return html`<select id=${id} name=${name} ?required=${required} aria-describedby=${describedBy}>
        ${options.some(({ selected }) => selected) || value ? nothing : html`<option value="">Choose</option>`}
        ${options.map(
          option =>
            html`<option value=${option.value} ?selected=${option.value === value || option.selected}>${option.label}</option>`,
        )}</select>`;
    case 'video':
      return html`<input id=${id} name=${name} type="file" accept="video/*,.mp4,.mov,.webm" ?required=${required} aria-describedby=${describedBy}>`;
    default:
      return html`<input id=${id} name=${name} type="text" ?required=${required} maxlength=${most} aria-describedby=${describedBy} autocomplete="off" .defaultValue=${value}>`;
  }
}

/** @param {string} name @param {string} value */
function fill(name, value) {
  const field = document.getElementById(`field-${name}`);
  if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement)) return;
  field.value = value;
  field.focus();
}

/** @param {SubmitEvent} event @param {Dialog} dialog */
function submit(event, { person, form, messageRef }) {
  event.preventDefault();
  if (!(event.currentTarget instanceof HTMLFormElement)) return;
  /** @type {import('./state.js').HeldClip[]} */
  const clips = [];
  /** @type {Record<string, string | import('./connection.js').WireClip>} */
  const values = {};
  const given = new FormData(event.currentTarget);
  for (const { name, kind } of form.fields) if (kind === 'checks') values[name] = given.getAll(name).join(',');
  for (const [name, value] of given) {
    if (name in values) continue;
    if (typeof value === 'string') values[name] = value;
    else if (value.size > 0) {
      const clip = { id: newId(), file: value, sentBytes: 0 };
      clips.push(clip);
      for (const offered of offer([clip])) values[name] = offered;
    }
  }
  close();
  void act(person, { kind: 'form', action: form.id, values, messageRef }, clips);
}
