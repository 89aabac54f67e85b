// What the card of one draft and the card of a batch have in common: who posts, who may see it, switches, hints, the consent line.

import {
  type Block,
  button,
  type Choice,
  type Control,
  note,
  type Select,
  type Span,
  select,
  text,
} from '#chat/reply.ts';
import { type Account, accountName } from '#domain/account.ts';
import {
  BRANDED_CONTENT_URL,
  type Choices,
  type CreatorInfo,
  disclosureLabel,
  INTERACTIONS,
  isBranded,
  MUSIC_USAGE_URL,
  type PostingMode,
  PRIVACY_NAMES,
} from '#domain/choices.ts';

/** Builds the id of one of a card's actions. */
export type IdOf = (action: string, value?: string) => string;

/** What both cards are drawn from. */
export interface ComposerSetting {
  readonly account: Account | null;
  readonly accounts: readonly Account[];
  /** What the person chose for this account last; offered, never preset. */
  readonly lastChoices: Choices | null;
  /** How many posts are over the day's cap with these. */
  readonly forecast: { readonly over: number; readonly cap: number };
  readonly isAudited: boolean;
  /** The time passed while the person was choosing. */
  readonly isPast: boolean;
  /** The clocks or places to choose from, while the person's time zone is not known. */
  readonly zoneQuestion: readonly Choice[];
}

const onOff = (isOn: boolean): string => (isOn ? 'on' : 'off');

/** What the person should know before they press Schedule. */
export function hints({ forecast, isAudited, isPast }: ComposerSetting, mode: PostingMode): Block[] {
  const found: Block[] = [];
  if (isPast) found.push(text({ bold: 'That time has passed while you were choosing. Post it when?' }));
  if (forecast.over > 0 && mode === 'inbox')
    found.push(
      note(
        `TikTok takes ${forecast.cap} unfinished drafts a day, and this would be more. Finish some in TikTok before, or pick another day.`,
      ),
    );
  if (forecast.over > 0 && mode === 'direct')
    found.push(
      note(`TikTok takes about ${forecast.cap} posts a day per account, and this would be more. Another day is safer.`),
    );
  if (!isAudited && mode === 'direct')
    found.push(note('TikTok has not audited the app behind this bot yet, so “Only me” is all it may offer.'));
  return found;
}

/** What stands right above Schedule. */
export function closing(mode: PostingMode, choices: Choices): Block[] {
  if (mode === 'inbox')
    return [
      text(
        'TikTok takes the clip only: you finish it in TikTok, from your inbox there. The caption comes to you here to paste.',
      ),
    ];
  const music: Span = { link: 'Music Usage Confirmation', url: MUSIC_USAGE_URL };
  const branded: Span = { link: 'Branded Content Policy', url: BRANDED_CONTENT_URL };
  return [
    note('It may take a few minutes until the video is visible on your profile.'),
    text("By posting, you agree to TikTok's ", ...(isBranded(choices) ? [branded, ' and '] : []), music, '.'),
  ];
}

/** Account and place, where they have to be asked. */
export function askingControls({ account, accounts, zoneQuestion }: ComposerSetting, idOf: IdOf): Control[][] {
  const rows: Control[][] = [];
  if (accounts.length > 1 || (!account && accounts.length > 0))
    rows.push([
      select(
        idOf('account'),
        'Choose the account',
        accounts.map(one => ({ label: accountName(one), value: one.id, selected: one.id === account?.id })),
      ),
    ]);
  if (zoneQuestion.length > 0)
    rows.push([select(idOf('zone'), 'What time is it for you?', zoneQuestion)], [button('Type a city', idOf('place'))]);
  return rows;
}

/** The choices that TikTok wants made for each post; nothing of them is preset. */
export const choiceControls = (
  choices: Choices,
  creator: CreatorInfo,
  lastChoices: Choices | null,
  idOf: IdOf,
): Control[][] => [
  sameAsLastTime(choices, lastChoices, idOf),
  [privacySelect(choices, creator, idOf)],
  interactionSwitches(choices, creator, idOf),
  labelSwitches(choices, idOf),
];

/** Names what it sets. Only while nothing is chosen: later it would undo what the person did. */
function sameAsLastTime(choices: Choices, lastChoices: Choices | null, idOf: IdOf): Control[] {
  if (!lastChoices?.privacy || choices.privacy !== null) return [];
  const label = disclosureLabel(lastChoices);
  const names = [
    PRIVACY_NAMES[lastChoices.privacy],
    ...INTERACTIONS.filter(({ choice }) => lastChoices[choice]).map(({ name }) => `${name.toLowerCase()} on`),
    ...(lastChoices.aiGenerated ? ['AI-generated'] : []),
    ...(label ? [label] : []),
  ];
  return [button(`Same as last time (${names.join(', ')})`, idOf('same'))];
}

const privacySelect = (choices: Choices, creator: CreatorInfo, idOf: IdOf): Select =>
  select(
    idOf('privacy'),
    'Who can see this video',
    creator.privacyOptions.map(level => ({
      label: PRIVACY_NAMES[level],
      value: level,
      selected: level === choices.privacy,
    })),
  );

const interactionSwitches = (choices: Choices, creator: CreatorInfo, idOf: IdOf): Control[] =>
  INTERACTIONS.map(({ choice, forbiddenBy, name }) =>
    creator[forbiddenBy] && !choices[choice]
      ? button(`${name}: unavailable`, idOf('toggle', choice), 'secondary', { disabled: true })
      : button(`${name}: ${onOff(choices[choice])}`, idOf('toggle', choice)),
  );

function labelSwitches(choices: Choices, idOf: IdOf): Control[] {
  const row: Control[] = [
    button(`AI-generated: ${onOff(choices.aiGenerated)}`, idOf('toggle', 'aiGenerated')),
    button(`Promotes something: ${onOff(choices.disclosure)}`, idOf('toggle', 'disclosure')),
  ];
  if (choices.disclosure)
    row.push(
      button(`Your brand: ${onOff(choices.yourBrand)}`, idOf('toggle', 'yourBrand')),
      button(`Branded content: ${onOff(choices.brandedContent)}`, idOf('toggle', 'brandedContent')),
    );
  return row;
}
