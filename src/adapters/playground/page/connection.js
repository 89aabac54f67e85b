// The page's line to the bot: a stream of what it says, requests for what the person does, uploads with their progress.

import { changed, inOrder, keep, newId, paneOf, read, state } from './state.js';

/** @typedef {import('./state.js').PersonId} PersonId */
/** @typedef {import('./state.js').HeldClip} HeldClip */
/** @typedef {import('./state.js').Message} Message */
/** Everything a person can do, without who and when.
 * @typedef {{ kind: 'say', text: string, clips: WireClip[] }
 *   | { kind: 'command', line: string, command: string, options: Record<string, string | WireClip>, words: string | null, clips: WireClip[] }
 *   | { kind: 'press', action: string, value: string | null, messageRef: string | null }
 *   | { kind: 'form', action: string, values: Record<string, string | WireClip>, messageRef: string | null }
 *   | { kind: 'start', payload: string }} Deed */
/** @typedef {{ id: string, name: string, sizeBytes: number }} WireClip */

const RETRY_MS = 1_000;
/** As many as the bot keeps of a chat. */
const MESSAGES_MAX = 200;
/** Clips that the bot may ask for. @type {Map<string, HeldClip>} */
const held = new Map();
/** @type {(() => void)[]} */
const onKnown = [];

/** Runs `task` once the chats are known. @param {() => void} task */
export function whenKnown(task) {
  if (state.isKnown) task();
  else onKnown.push(task);
}

export function connect() {
  const source = new EventSource('/playground/events');
  /** @param {string} name @param {(data: any) => void} take */
  const on = (name, take) =>
    source.addEventListener(name, event => {
      take(JSON.parse(event.data));
      changed();
    });
  on('hello', takeState);
  on('message', ({ person, message }) => takeMessage(person, message));
  on('chat', ({ person, messages }) => replaceChat(person, messages));
  on('wanted', ({ clipId }) => upload(clipId));
  source.addEventListener('error', () => {
    state.isConnected = false;
    changed();
    // The browser tries again by itself, except after an answer that is no stream.
    if (source.readyState !== EventSource.CLOSED) return;
    source.close();
    setTimeout(connect, RETRY_MS);
  });
}

/** @param {any} hello */
function takeState({ people, chats, commands, wanted, simulatorOrigin, canWatch }) {
  for (const { id, name } of people) {
    if (state.panes.some(pane => pane.id === id)) continue;
    const draft = read(`draft-${id}`);
    state.panes.push({ id, name, draft, messages: new Map(), clips: [], waiting: 0, busy: new Set(), complaint: '' });
  }
  for (const { id } of people) replaceChat(id, chats[id]);
  Object.assign(state, { commands, simulatorOrigin, canWatch, isConnected: true, isKnown: true });
  for (const clipId of wanted) upload(clipId);
  for (const task of onKnown.splice(0)) task();
}

/** @param {PersonId} person @param {Message[]} messages */
function replaceChat(person, messages) {
  const pane = paneOf(person);
  const unsent = inOrder(pane).filter(one => one.isSending || one.failure);
  pane.messages = new Map(
    [...messages, ...unsent.filter(one => !messages.some(({ ref }) => ref === one.ref))].map(one => [one.ref, one]),
  );
}

/** @param {PersonId} person @param {Message} message */
function takeMessage(person, message) {
  const { messages, name } = paneOf(person);
  const before = messages.get(message.ref);
  // Oldest first, as they came.
  for (const ref of [...messages.keys()].slice(0, Math.max(0, messages.size - MESSAGES_MAX))) messages.delete(ref);
  const isEdited = before?.reply !== null && before !== undefined;
  messages.set(message.ref, before?.isSending ? { ...message, isSending: true } : message);
  // New messages are read out by the log itself; one that changed in its place is not.
  const heading = message.reply?.blocks.find(block => block.kind === 'heading');
  if (isEdited && heading) state.news = `For ${name}: ${heading.text}`;
}

/** Makes clips known that the bot may ask for. @param {readonly HeldClip[]} clips @returns {WireClip[]} */
export const offer = clips =>
  clips.map(clip => {
    held.set(clip.id, clip);
    return { id: clip.id, name: clip.file.name || 'clip.mp4', sizeBytes: clip.file.size };
  });

/** Sends a clip's bytes. Other pages' clips are theirs to send. @param {string} clipId */
function upload(clipId) {
  const clip = held.get(clipId);
  if (!clip) return;
  held.delete(clipId);
  const request = new XMLHttpRequest();
  request.open('PUT', `/playground/clips/${clipId}`);
  request.setRequestHeader('content-type', 'application/octet-stream');
  request.upload.addEventListener('progress', ({ loaded }) => {
    clip.sentBytes = loaded;
    changed();
  });
  request.send(clip.file);
}

/** Clips whose bytes are on their way, for a message's progress. @type {Map<string, HeldClip[]>} */
export const uploads = new Map();

/**
 * Does something as `person`. What they say is in the chat at once; `clips` are those that the deed speaks of.
 * @param {PersonId} person
 * @param {Deed} deed
 * @param {readonly HeldClip[]} [clips]
 * @returns {Promise<boolean>} whether the bot took it
 */
export async function act(person, deed, clips = []) {
  const id = newId();
  const spoken = deed.kind === 'say' ? deed.text : deed.kind === 'command' ? deed.line : null;
  if (clips.length > 0) uploads.set(id, [...clips]);
  keep('active', person);
  return send(person, id, deed, spoken, clips);
}

/** @param {PersonId} person @param {string} id @param {Deed} deed @param {string | null} spoken @param {readonly HeldClip[]} clips */
async function send(person, id, deed, spoken, clips) {
  const pane = paneOf(person);
  if (spoken !== null) {
    const names = clips.map(({ file }) => file.name);
    const order = pane.messages.get(id)?.order ?? Date.now() * 1000;
    const at = new Date().toISOString();
    pane.messages.set(id, {
      ref: id,
      order,
      reply: null,
      text: spoken,
      clips: names,
      mark: null,
      answers: null,
      at,
      isSending: true,
    });
  }
  pane.waiting += 1;
  pane.complaint = '';
  changed();
  const failure = await request(person, { ...deed, id, person });
  pane.waiting -= 1;
  uploads.delete(id);
  const message = pane.messages.get(id);
  if (message && spoken !== null) {
    const { isSending: _sent, ...rest } = message;
    const resend = () => {
      offer(clips);
      if (clips.length > 0) uploads.set(id, [...clips]);
      void send(person, id, deed, spoken, clips);
    };
    pane.messages.set(id, failure ? { ...rest, failure, resend } : rest);
  } else if (failure) pane.complaint = failure;
  changed();
  return failure === null;
}

/** Null where the bot took it, else words. @param {PersonId} person @param {object} body @returns {Promise<string | null>} */
async function request(person, body) {
  try {
    const answer = await fetch('/playground/acts', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (answer.status === 401) location.reload();
    const isJson = answer.headers.get('content-type')?.includes('json');
    const { form, error } = isJson ? await answer.json() : { error: 'Clipcue could not take this.' };
    if (!answer.ok) return error;
    const messageRef = 'messageRef' in body && typeof body.messageRef === 'string' ? body.messageRef : null;
    if (form) state.dialog = { person, form, messageRef };
    return null;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return 'Clipcue cannot be reached.';
  }
}

/** @param {PersonId} person @param {string} command @param {string} option @param {string} text */
export async function suggest(person, command, option, text) {
  const query = new URLSearchParams({ person, command, option, text: text.slice(0, 200) });
  const answer = await fetch(`/playground/suggestions?${query}`);
  /** @type {{ choices: { label: string, value: string }[] }} */
  const { choices } = answer.ok ? await answer.json() : { choices: [] };
  return choices;
}
