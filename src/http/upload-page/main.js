// The upload page: shows the one part that fits what the server says of the upload, and sends the file that is picked or dropped.

import { createSpeed } from './speed.js';
import { createTransfer } from './transfer.js';
import { progressWords, sizeWords } from './words.js';

/** @typedef {{ name: string, sizeBytes: number, modifiedAt: number }} ChosenFile */
/** @typedef {{ state: string, file: ChosenFile | null, arrivedBytes: number, problem: string | null, limitBytes: number }} Standing */

/** Most clips are looked at in a moment; 4 GB on their way to a bucket take a minute. */
const LOOK_FIRST_MS = 30;
const LOOK_EVERY_MS = 700;
/** Browsers tell of progress twenty times a second; to draw each costs a quick line a tenth of its speed. */
const DRAW_EVERY_MS = 250;

/** @template {HTMLElement} T @param {string} id @param {new () => T} kind */
function part(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no ${id}`);
  return found;
}

const page = part('upload', HTMLElement);
const picker = part('file', HTMLInputElement);
const drop = part('drop', HTMLElement);
const dropTitle = part('drop-title', HTMLElement);
const bar = part('bar', HTMLProgressElement);
const figures = part('figures', HTMLElement);
const hint = part('hint', HTMLElement);
const problem = part('problem', HTMLElement);
const partly = part('partly', HTMLElement);
const name = part('name', HTMLElement);
const pause = part('pause', HTMLButtonElement);
const again = part('again', HTMLButtonElement);

const address = `${location.pathname}/file`;
const speed = createSpeed(() => performance.now());
/** @type {ReturnType<typeof createTransfer> | null} */
let transfer = null;
/** What the server said last. @type {Standing} */
let standing = JSON.parse(page.dataset.standing ?? '{}');
/** The file that is being sent, while this page lives. @type {File | null} */
let sending = null;
/** Keeps a phone from falling asleep over it, where that is possible. @type {{ release(): Promise<void> } | null} */
let wake = null;

/** @param {'choose' | 'sending' | 'checking' | 'done' | 'over'} step */
function show(step) {
  page.dataset.step = step;
  for (const section of page.querySelectorAll('[data-shown]'))
    if (section instanceof HTMLElement) section.hidden = !section.dataset.shown?.split(' ').includes(step);
}

/** @param {HTMLElement} element @param {string} words */
function say(element, words) {
  element.textContent = words;
  element.hidden = words === '';
}

function draw() {
  const { state, file, arrivedBytes } = standing;
  say(problem, standing.problem ?? '');
  if (state === 'done') return show('done');
  if (state === 'received') return show('checking');
  if (state !== 'opened' && state !== 'receiving') return show('over');
  if (sending) return show('sending');
  const isPartly = state === 'receiving' && file !== null && arrivedBytes > 0;
  say(
    partly,
    isPartly
      ? `${sizeWords(arrivedBytes)} of ${file.name} (${sizeWords(file.sizeBytes)}) are here already. Choose the same file and it goes on from there.`
      : '',
  );
  dropTitle.textContent = isPartly ? 'Choose the same clip again' : 'Choose a clip';
  return show('choose');
}

async function look(nextMs = LOOK_FIRST_MS) {
  try {
    const answer = await fetch(`${location.pathname}/state`, { headers: { accept: 'application/json' } });
    if (answer.ok) standing = await answer.json();
    // Too many questions, and faults of the server, pass.
    else if (answer.status < 500 && answer.status !== 429) standing = { ...standing, state: 'over' };
  } catch {
    // No line; the next look will tell.
  }
  draw();
  if (standing.state === 'received') setTimeout(() => look(Math.min(nextMs * 2, LOOK_EVERY_MS)), nextMs);
}

/** @param {number} sentBytes @param {number} sizeBytes */
function drawProgress(sentBytes, sizeBytes) {
  bar.max = sizeBytes;
  bar.value = sentBytes;
  say(figures, progressWords(sentBytes, sizeBytes, speed.now()));
  document.title = `${Math.floor((sentBytes / sizeBytes) * 100)} % · Clipcue`;
}

/** Nothing goes for a while: a speed, and a time left, would be wrong. */
function forgetSpeed() {
  speed.forget();
  drawProgress(bar.value, bar.max);
}

/** Is it the file that has begun to arrive? @param {File} file */
function isTheSame(file) {
  const begun = standing.state === 'receiving' ? standing.file : null;
  return (
    begun !== null &&
    begun.name === file.name &&
    begun.sizeBytes === file.size &&
    begun.modifiedAt === file.lastModified
  );
}

/** @param {File} file */
function send(file) {
  if (file.size > standing.limitBytes) {
    standing = {
      ...standing,
      problem: `${file.name} has ${sizeWords(file.size)}; ${sizeWords(standing.limitBytes)} is the most I can take.`,
    };
    return draw();
  }
  if (file.size === 0) {
    standing = { ...standing, problem: `${file.name} is empty.` };
    return draw();
  }
  const isBegun = isTheSame(file);
  let mostBytes = isBegun ? standing.arrivedBytes : 0;
  let drawnAt = 0;
  sending = file;
  standing = { ...standing, problem: null };
  say(name, file.name);
  say(hint, '');
  speed.forget();
  drawProgress(isBegun ? standing.arrivedBytes : 0, file.size);
  pause.textContent = 'Pause';
  draw();
  transfer = createTransfer({
    file,
    address,
    isBegun,
    onProgress(sentBytes) {
      const now = performance.now();
      if (now - drawnAt < DRAW_EVERY_MS) return;
      drawnAt = now;
      speed.note(sentBytes);
      drawProgress(sentBytes, file.size);
      // A new try begins where the last one ended: only more than that means that the line holds.
      if (sentBytes > mostBytes) say(hint, '');
      mostBytes = Math.max(mostBytes, sentBytes);
    },
    onWaiting(isOffline) {
      forgetSpeed();
      say(hint, isOffline ? 'You are offline. It goes on by itself.' : 'The connection broke. It goes on by itself.');
    },
    onSent() {
      end();
      standing = { ...standing, state: 'received' };
      draw();
      void look();
    },
    async onRefused(words) {
      end();
      await look();
      if (!standing.problem && standing.state === 'opened')
        standing = { ...standing, problem: words || 'That did not work. Please try again.' };
      draw();
    },
  });
  transfer.start();
  void stayAwake();
}

function end() {
  transfer = null;
  sending = null;
  document.title = 'Upload your clip';
  void wake?.release();
  wake = null;
}

async function stayAwake() {
  try {
    wake = (await navigator.wakeLock?.request('screen')) ?? null;
  } catch {
    // A courtesy of some browsers; without it the phone sleeps and the upload goes on later.
  }
}

function sendPicked() {
  const [file] = picker.files ?? [];
  if (file) send(file);
  // So that picking the same file again is a change.
  picker.value = '';
}
picker.addEventListener('change', sendPicked);

pause.addEventListener('click', async () => {
  const file = sending;
  if (transfer) {
    await transfer.stop();
    transfer = null;
    forgetSpeed();
    say(hint, 'Paused.');
    pause.textContent = 'Go on';
  } else if (file) {
    await look();
    send(file);
  }
});

again.addEventListener('click', async () => {
  await transfer?.stop();
  end();
  await fetch(address, { method: 'DELETE', headers: { 'tus-resumable': '1.0.0' } }).catch(() => undefined);
  await look();
});

for (const kind of ['dragenter', 'dragover'])
  drop.addEventListener(kind, event => {
    event.preventDefault();
    drop.classList.add('over');
  });
for (const kind of ['dragleave', 'drop']) drop.addEventListener(kind, () => drop.classList.remove('over'));
drop.addEventListener('drop', event => {
  event.preventDefault();
  const [file] = event.dataTransfer?.files ?? [];
  if (file) send(file);
});
// A file dropped beside the field would replace the page, and the upload with it.
for (const kind of ['dragover', 'drop']) addEventListener(kind, event => event.preventDefault());

addEventListener('beforeunload', event => {
  if (transfer) event.preventDefault();
});
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState !== 'visible') return;
  if (transfer && !wake) void stayAwake();
  if (!sending) void look();
});

draw();
if (standing.state === 'received') void look();
// On a slow line people pick before this script has come.
if (page.dataset.step === 'choose') sendPicked();
