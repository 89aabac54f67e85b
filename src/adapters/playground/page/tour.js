// "Watch a clip go live": the page plays a person from connecting to "live", in real messages to the real bot.

import { attach, setDraft } from './composer.js';
import { act, offer } from './connection.js';
import { press } from './message.js';
import { changed, inOrder, newId, paneOf, state, watch } from './state.js';

/** @typedef {import('./state.js').Pane} Pane */
/** @typedef {import('./state.js').Message} Message */
/** @typedef {import('../../../chat/reply.ts').Control} Control */

const PAUSE_MS = 1_100;
const PATIENCE_MS = 60_000;
const LINE = 'in 5 seconds: My first clip #clipcue';
/** For a person's own try: time enough to look at the card. */
const SAMPLE_LINE = 'in 20 seconds: My first clip #clipcue';

async function fetchSample() {
  const answer = await fetch('/playground/sample.mp4');
  return new File([await answer.blob()], 'sample.mp4', { type: 'video/mp4' });
}

/** Puts the sample clip into the line, for the person to send. @param {Pane} pane */
export async function offerSample(pane) {
  attach(pane, [await fetchSample()]);
  if (pane.draft === '') setDraft(pane, SAMPLE_LINE);
}

export function stopTour() {
  state.tour = null;
  changed();
}

/** @param {Pane} pane */
export async function startTour({ id }) {
  if (state.tour) return;
  const tour = { person: id, step: '' };
  state.tour = tour;
  try {
    await play(id, tour);
  } catch (error) {
    if (!(error instanceof TourEnded)) throw error;
    if (error.message) paneOf(id).complaint = error.message;
  }
  if (state.tour === tour) stopTour();
}

/** The person stopped it, or something took too long. */
class TourEnded extends Error {}

/** @param {import('./state.js').PersonId} id @param {{ person: string, step: string }} tour */
async function play(id, tour) {
  /** @param {string} words */
  const step = async words => {
    tour.step = words;
    changed();
    await new Promise(resolve => setTimeout(resolve, PAUSE_MS));
    if (state.tour !== tour) throw new TourEnded();
  };
  const started = Date.now();
  /** A message of this tour. @param {(message: Message) => boolean} test */
  const see = test =>
    waitFor(
      id,
      message => Date.parse(message.at) >= started - 1000 && test(message),
      () => state.tour === tour,
    );

  await step('Connecting a practice account');
  await act(id, {
    kind: 'command',
    line: '/connect-tiktok',
    command: 'connect-tiktok',
    options: {},
    words: '',
    clips: [],
  });
  const offered = await see(message => findControl(message, isLink) !== null);
  await step('Saying yes at the TikTok simulator');
  const answer = await fetch('/playground/consent', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ person: id, url: findControl(offered, isLink)?.url }),
  });
  if (!answer.ok) throw new TourEnded('The simulator did not connect an account. Its control panel may say why.');
  await act(id, { kind: 'start', payload: (await answer.json()).payload });
  await see(message => headingOf(message) === 'Connected');
  await step('Sending a clip with a time and a caption');
  const clip = { id: newId(), file: await fetchSample(), sentBytes: 0 };
  await act(id, { kind: 'say', text: LINE, clips: offer([clip]) }, [clip]);
  const card = await see(message => headingOf(message) === 'New TikTok post');
  await step('Choosing who can see it');
  const select = findControl(card, control => control.kind === 'select' && /^Who can see/.test(control.placeholder));
  if (select?.kind !== 'select') throw new TourEnded('The card has no choice of who can see the video.');
  await press(paneOf(id), card.ref, select.id, select.options[0]?.value ?? '');
  await step('Pressing Schedule');
  const ready = await see(message => message.ref === card.ref && findControl(message, isSchedule) !== null);
  await press(paneOf(id), ready.ref, findControl(ready, isSchedule)?.id ?? '', null);
  await step('Waiting for its time');
  await see(message => headingOf(message).startsWith('Posted to'));
  tour.step = 'Posted; waiting for TikTok to check it';
  changed();
  await see(message => headingOf(message).startsWith('Live on TikTok'));
}

/** @param {Message} message */
const headingOf = ({ reply }) => reply?.blocks.find(block => block.kind === 'heading')?.text ?? '';

/** @param {Control} control @returns {control is Extract<Control, { kind: 'link' }>} */
const isLink = control => control.kind === 'link' && control.url.startsWith(location.origin);

/** @param {Control} control @returns {control is Extract<Control, { kind: 'button' }>} */
const isSchedule = control => control.kind === 'button' && control.label === 'Schedule' && !control.disabled;

/**
 * @template {Control} T
 * @overload
 * @param {Message} message
 * @param {(control: Control) => control is T} test
 * @returns {T | null}
 */
/**
 * @overload
 * @param {Message} message
 * @param {(control: Control) => boolean} test
 * @returns {Control | null}
 */
/** @param {Message} message @param {(control: Control) => boolean} test */
function findControl({ reply }, test) {
  return reply?.rows.flat().find(test) ?? null;
}

/** @param {import('./state.js').PersonId} id @param {(message: Message) => boolean} test @param {() => boolean} isOn @returns {Promise<Message>} */
function waitFor(id, test, isOn) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => finish(() => reject(new TourEnded('That took too long; the chat shows how far it came.'))),
      PATIENCE_MS,
    );
    const unwatch = watch(look);
    /** @param {() => void} settle */
    function finish(settle) {
      clearTimeout(timer);
      unwatch();
      settle();
    }
    function look() {
      if (!isOn()) return finish(() => reject(new TourEnded()));
      const found = inOrder(paneOf(id)).findLast(message => test(message));
      if (found) finish(() => resolve(found));
    }
    look();
  });
}
