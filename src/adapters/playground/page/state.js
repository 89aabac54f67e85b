// What the page knows: both chats, what is being typed, sent and asked. One object, drawn anew after every change.

/** @typedef {import('../wire.ts').WireMessage} WireMessage */
/** @typedef {import('../wire.ts').WireCommand} WireCommand */
/** @typedef {import('../../../chat/reply.ts').Form} Form */
/** @typedef {import('../people.ts').PlayedId} PersonId */
/** A message as the page shows it: `at` as it came over the wire, `failure` for one that did not arrive.
 * @typedef {Omit<WireMessage, 'at'> & { at: string, isSending?: boolean, failure?: string, resend?: () => void }} Message */
/** A clip in hand. @typedef {{ id: string, file: File, sentBytes: number }} HeldClip */
/** @typedef {'ada' | 'ben' | 'both'} View */
/** One person's side of the page.
 * @typedef {{
 *   id: PersonId, name: string, messages: Map<string, Message>, draft: string, clips: HeldClip[], waiting: number,
 *   busy: Set<string>, complaint: string }} Pane */

/** @type {{
 *   panes: Pane[], commands: WireCommand[], view: View, isConnected: boolean, isKnown: boolean, simulatorOrigin: string | null,
 *   canWatch: boolean, news: string, tour: { person: PersonId, step: string } | null,
 *   dialog: { person: PersonId, form: Form, messageRef: string | null } | null }} */
export const state = {
  panes: [],
  commands: [],
  view: 'ada',
  isConnected: false,
  isKnown: false,
  simulatorOrigin: null,
  canWatch: false,
  news: '',
  tour: null,
  dialog: null,
};

const watchers = /** @type {Set<() => void>} */ (new Set());
let isDrawing = false;

/** Calls `watcher` after every change, several changes at once counting as one. @param {() => void} watcher */
export function watch(watcher) {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

export function changed() {
  if (isDrawing) return;
  isDrawing = true;
  queueMicrotask(() => {
    isDrawing = false;
    for (const watcher of [...watchers]) watcher();
  });
}

/** @param {PersonId} id @returns {Pane} */
export function paneOf(id) {
  const pane = state.panes.find(one => one.id === id);
  if (!pane) throw new Error(`nobody called ${id} is played here`);
  return pane;
}

/** A chat in its order. @param {Pane} pane */
export const inOrder = pane => [...pane.messages.values()].sort((a, b) => a.order - b.order);

/** 16 base64url characters. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_');
}

/** Whoever acts now: where both are shown, the one who acted last. @returns {PersonId} */
export const activePerson = () => (read('active') === 'ben' ? 'ben' : 'ada');

/** What survives a reload. @param {string} name */
export const read = name => localStorage.getItem(`clipcue-${name}`) ?? '';

/** @param {string} name @param {string} value */
export function keep(name, value) {
  if (value === '') localStorage.removeItem(`clipcue-${name}`);
  else localStorage.setItem(`clipcue-${name}`, value);
}
