/** The control panel: creators, faults, settings and the latest of the journal, as plain forms. */
import type { Fault } from '../faults.ts';
import type { JournalEntry } from '../journal.ts';
import type { SimulatorSettings } from '../settings.ts';
import { type Html, html } from './html.ts';
import { layout } from './page.ts';

/** One press each; `until` a minute from then where they last. */
export const FAULT_PRESETS: Record<string, { label: string; fault: object; lastsMs?: number }> = {
  limited: { label: 'Answer 429 to everything for a minute', fault: { kind: '429', route: 'any' }, lastsMs: 60_000 },
  broken: { label: 'Answer 500 to everything for a minute', fault: { kind: '5xx', route: 'any' }, lastsMs: 60_000 },
  lostInit: { label: 'Lose the next init’s reply', fault: { kind: 'lost_reply', route: 'init', count: 1 } },
  lostChunk: { label: 'Lose the next chunk’s reply', fault: { kind: 'lost_reply', route: 'upload', count: 1 } },
  cutChunk: { label: 'Cut the next chunk in its middle', fault: { kind: 'reset', route: 'upload', count: 1 } },
  slowUpload: {
    label: 'Slow uploads (200 kB/s) for a minute',
    fault: { kind: 'slow', route: 'upload', bytesPerSecond: 200_000 },
    lastsMs: 60_000,
  },
  frameRate: {
    label: 'Fail the next video: frame rate',
    fault: { kind: 'fail_processing', failReason: 'frame_rate_check_failed', count: 1 },
  },
  spam: {
    label: 'Fail the next video: spam risk',
    fault: { kind: 'fail_processing', failReason: 'spam_risk', count: 1 },
  },
  internal: {
    label: 'Fail the next video: internal',
    fault: { kind: 'fail_processing', failReason: 'internal', count: 1 },
  },
  forget: { label: 'Forget the next publish id asked for', fault: { kind: 'forget_publish_id', count: 1 } },
};

export const NUMBER_FIELDS = [
  ['accessTokenLifetimeSec', 'Access token lives (s)'],
  ['refreshTokenLifetimeSec', 'Refresh token lives (s)'],
  ['uploadUrlLifetimeSec', 'Upload address lives (s)'],
  ['processingDelayMs', 'Processing takes (ms)'],
  ['moderationDelayMs', 'Moderation takes (ms)'],
] as const satisfies readonly (readonly [keyof SimulatorSettings, string])[];

export const SWITCHES = [
  ['audited', 'The app has passed TikTok’s audit'],
  ['autoAuthorize', 'Skip the consent page for a known session'],
  ['checkMedia', 'Look into uploaded videos'],
] as const satisfies readonly (readonly [keyof SimulatorSettings, string])[];

export const ACCOUNT_SWITCHES = [
  ['private', 'Private account'],
  ['commentDisabled', 'No comments'],
  ['duetDisabled', 'No duets'],
  ['stitchDisabled', 'No stitches'],
  ['banned', 'Banned from posting'],
] as const satisfies readonly (readonly [keyof SimulatorSettings['accounts'][string], string])[];

export function panelPage(view: {
  settings: SimulatorSettings;
  /** Names of the apps each creator has let in, by client key. */
  connected: Record<string, readonly string[]>;
  faults: (Fault & { id: number })[];
  latest: JournalEntry[];
}): Html {
  return layout(
    'Control panel',
    html`<h1>Control panel</h1>
<p>What this stand-in for TikTok does, and what is to go wrong in it. Changes count from the next request on.</p>
<h2>Creators</h2>
<ul class="creators">${Object.keys(view.settings.accounts).map(username => creatorCard(view, username))}</ul>
<h2>Faults</h2>
${view.faults.length === 0 ? html`<p class="empty">Everything works.</p>` : faultList(view.faults)}
<form class="presets" method="post" action="/simulator/panel/faults">
${Object.entries(FAULT_PRESETS).map(([name, preset]) => html`<button name="preset" value="${name}">${preset.label}</button>`)}
</form>
<h2>Settings</h2>
${settingsForm(view.settings)}
<h2>Journal</h2>
${journalTable(view.latest)}`,
  );
}

function creatorCard({ settings, connected }: Parameters<typeof panelPage>[0], username: string): Html {
  const account = settings.accounts[username];
  return html`<li class="card">
<p><a href="/@${username}"><strong>${account?.displayName}</strong></a> <small>@${username}</small></p>
<form method="post" action="/simulator/panel/accounts/${username}">
${ACCOUNT_SWITCHES.map(([name, label]) => checkbox(name, label, account?.[name] === true))}
<button>Save</button>
</form>
${(connected[username] ?? []).map(
  clientKey => html`<form method="post" action="/simulator/panel/accounts/${username}/disconnect">
<input type="hidden" name="client_key" value="${clientKey}">
<button>Remove “${settings.clients[clientKey]?.name ?? clientKey}” from this account</button>
</form>`,
)}
</li>`;
}

function faultList(faults: (Fault & { id: number })[]): Html {
  return html`<ul class="faults">${faults.map(
    ({ id, ...fault }) => html`<li><form method="post" action="/simulator/panel/faults/remove">
<input type="hidden" name="id" value="${id}"><code>${describeFault(fault)}</code> <button>Take back</button>
</form></li>`,
  )}</ul>`;
}

function describeFault(fault: Fault): string {
  const words = [
    fault.kind,
    'route' in fault ? `on ${fault.route}` : '',
    'failReason' in fault ? fault.failReason : '',
  ];
  if (fault.count !== undefined) words.push(`${fault.count} times`);
  if (fault.until !== undefined) words.push(`until ${new Date(fault.until).toISOString().slice(11, 19)} UTC`);
  return words.filter(word => word !== '').join(' ');
}

function settingsForm(settings: SimulatorSettings): Html {
  return html`<form class="card settings" method="post" action="/simulator/panel/settings">
${NUMBER_FIELDS.map(
  ([name, label]) =>
    html`<label>${label} <input type="number" name="${name}" min="0" required value="${settings[name]}"></label>`,
)}
${SWITCHES.map(([name, label]) => checkbox(name, label, settings[name]))}
<button class="primary">Save settings</button>
</form>`;
}

function checkbox(name: string, label: string, on: boolean): Html {
  return html`<label class="switch"><input type="checkbox" name="${name}"${{ markup: on ? ' checked' : '' }}> ${label}</label>`;
}

function journalTable(entries: JournalEntry[]): Html {
  if (entries.length === 0) return html`<p class="empty">Nothing has happened yet.</p>`;
  const rows = entries.map(({ at, kind, username, code, failReason, status, publishId }) => {
    const time = new Date(at).toISOString().slice(11, 19);
    return html`<tr><td>${time}</td><td>${kind}</td><td>${username}</td><td>${code ?? failReason ?? status}</td><td>${publishId}</td></tr>`;
  });
  return html`<div class="wide" tabindex="0" role="region" aria-label="Journal"><table>
<thead><tr><th>UTC</th><th>What</th><th>Who</th><th>Word</th><th>Publish id</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}
