// What Discord refuses in messages, modals and commands, checked as strictly as it does (docs.discord.com: Component Reference,
// Message, Application Commands). A bot that breaks one of these gets 400 and the person gets nothing.

import { MessageFlags } from 'discord.js';

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : []);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const TYPE = {
  row: 1,
  button: 2,
  select: 3,
  textInput: 4,
  section: 9,
  text: 10,
  thumbnail: 11,
  gallery: 12,
  file: 13,
  separator: 14,
  container: 17,
  label: 18,
  fileUpload: 19,
  radio: 21,
  checkboxes: 22,
} as const;

/** Faults of a message's body; `isNew` for one that is no edit. */
export function checkMessage(body: Json, fileNames: readonly string[], isNew: boolean): string[] {
  const faults: string[] = [];
  const flags = Number(body.flags ?? 0);
  const components = listOf(body.components);
  if ((flags & MessageFlags.IsComponentsV2) === 0) faults.push('the bot writes components of version 2 alone');
  if (body.content || listOf(body.embeds).length > 0) faults.push('content and embeds cannot stand beside them');
  if (components.length === 0) faults.push('an empty message');
  const mentions = isObject(body.allowed_mentions) ? body.allowed_mentions : null;
  if (!mentions || !Array.isArray(mentions.parse) || mentions.parse.length > 0)
    faults.push('allowed_mentions must allow none');
  if (isNew && body.nonce !== undefined && (textOf(body.nonce).length > 25 || body.enforce_nonce !== true))
    faults.push('a nonce has at most 25 characters and is enforced');
  const all: Json[] = [];
  for (const component of components) collect(component, all, 'message', faults);
  if (all.length > 40) faults.push(`${all.length} components, 40 at most`);
  const text = all.filter(({ type }) => type === TYPE.text).map(({ content }) => textOf(content));
  if (text.join('').length > 4000) faults.push('over 4000 characters of text');
  const ids = all.map(({ custom_id }) => textOf(custom_id)).filter(Boolean);
  if (new Set(ids).size < ids.length) faults.push(`a custom_id twice: ${ids.join(' ')}`);
  const shown = [...mediaIn(components)].map(({ url }) => textOf(url));
  const uploads = fileNames.map(name => `attachment://${name}`);
  for (const url of shown)
    if (url.startsWith('attachment://') && !uploads.includes(url)) faults.push(`${url} was not uploaded`);
  for (const url of uploads) if (!shown.includes(url)) faults.push(`${url} stands in no component`);
  const attachments = listOf(body.attachments).map(({ filename }) => textOf(filename));
  if (!isNew && attachments.length !== fileNames.length) faults.push('an edit names the attachments that it has');
  return faults;
}

/** Files, thumbnails and gallery items, however deep. */
function* mediaIn(components: readonly Json[]): Generator<Json> {
  for (const { file, media, accessory, items, components: inner } of components) {
    if (isObject(file)) yield file;
    if (isObject(media)) yield media;
    yield* mediaIn([...listOf(items), ...listOf(inner), ...(isObject(accessory) ? [accessory] : [])]);
  }
}

function collect(component: Json, all: Json[], parent: string, faults: string[]): void {
  all.push(component);
  const children = listOf(component.components);
  const want = (holds: boolean, what: string) => {
    if (!holds) faults.push(`${what}: ${JSON.stringify(component).slice(0, 200)}`);
  };
  switch (component.type) {
    case TYPE.container:
      want(parent === 'message' && children.length > 0, 'a container stands alone and holds something');
      break;
    case TYPE.section:
      want(children.length >= 1 && children.length <= 3 && isObject(component.accessory), 'a section of 1 to 3 texts');
      if (isObject(component.accessory)) collect(component.accessory, all, 'section', faults);
      break;
    case TYPE.thumbnail:
      want(isObject(component.media) && isPicture(textOf(component.media.url)), 'not a well formed URL');
      break;
    case TYPE.gallery: {
      const items = listOf(component.items);
      want(items.length >= 1 && items.length <= 10, 'a gallery of 1 to 10 pictures');
      for (const { media } of items) want(isObject(media) && isPicture(textOf(media.url)), 'not a well formed URL');
      break;
    }
    case TYPE.text:
      want(textOf(component.content).length > 0, 'an empty text');
      break;
    case TYPE.row: {
      const isSelect = children[0]?.type === TYPE.select;
      want(children.length >= 1 && children.length <= (isSelect ? 1 : 5), 'a row of 1 to 5 buttons, or one select');
      break;
    }
    case TYPE.button:
      checkButton(component, want);
      break;
    case TYPE.select:
      checkOptions(component, want);
      want(textOf(component.placeholder).length <= 150, 'a placeholder of 150 characters at most');
      break;
    case TYPE.file:
    case TYPE.separator:
      break;
    default:
      want(false, 'an unknown component');
  }
  for (const child of children) collect(child, all, String(component.type), faults);
}

type Want = (holds: boolean, what: string) => void;

function checkButton(button: Json, want: Want): void {
  want(textOf(button.label).length >= 1 && textOf(button.label).length <= 80, 'a label of 1 to 80 characters');
  if (button.style === 5)
    want(isPublic(textOf(button.url)) && textOf(button.url).length <= 512, 'not a well formed URL');
  else want(/^.{1,100}$/.test(textOf(button.custom_id)), 'a custom_id of 1 to 100 characters');
}

function checkOptions(select: Json, want: Want): void {
  const options = listOf(select.options);
  want(/^.{1,100}$/.test(textOf(select.custom_id)), 'a custom_id of 1 to 100 characters');
  want(options.length >= 1 && options.length <= 25, '1 to 25 options');
  want(new Set(options.map(({ value }) => value)).size === options.length, 'option values that differ');
  want(options.filter(option => option.default).length <= 1, 'one default at most');
  for (const { label, value, description } of options)
    for (const text of [label, value, description ?? '-'])
      want(textOf(text).length >= 1 && textOf(text).length <= 100, 'options of 1 to 100 characters');
}

const isPublic = (url: string): boolean =>
  URL.canParse(url) && /^https?:$/.test(new URL(url).protocol) && /\.[a-z]{2,}$/i.test(new URL(url).hostname);

const isPicture = (url: string): boolean => url.startsWith('attachment://') || isPublic(url);

export function checkModal(modal: Json): string[] {
  const faults: string[] = [];
  const labels = listOf(modal.components);
  const want: Want = (holds, what) => {
    if (!holds) faults.push(`${what}: ${JSON.stringify(modal).slice(0, 300)}`);
  };
  want(/^.{1,45}$/.test(textOf(modal.title)) && /^.{1,100}$/.test(textOf(modal.custom_id)), 'a title and an id');
  want(labels.length >= 1 && labels.length <= 5, '1 to 5 fields');
  for (const label of labels) {
    const input = isObject(label.component) ? label.component : {};
    want(label.type === TYPE.label && /^.{1,45}$/.test(textOf(label.label)), 'labels of 1 to 45 characters');
    want(textOf(label.description).length <= 100, 'descriptions of 100 characters at most');
    want(/^.{1,100}$/.test(textOf(input.custom_id)), 'inputs with ids');
    if (input.type === TYPE.textInput) {
      const limit = Number(input.max_length ?? 4000);
      want(limit >= 1 && limit <= 4000 && textOf(input.value).length <= limit, 'a value within its limit');
    } else if (input.type === TYPE.radio) {
      const count = listOf(input.options).length;
      want(count >= 2 && count <= 10, '2 to 10 radio buttons');
    } else if (input.type === TYPE.checkboxes) {
      const [least, most] = [Number(input.min_values ?? 1), Number(input.max_values ?? listOf(input.options).length)];
      const { length: count } = listOf(input.options);
      want(count >= 1 && count <= 10 && least <= most && most >= 1 && most <= count, '1 to 10 checkboxes');
      want(input.required === false || least >= 1, 'at least one of what is required');
    } else if (input.type === TYPE.select) checkOptions(input, want);
    else want(input.type === TYPE.fileUpload, 'a known input');
  }
  return faults;
}

export function checkCommands(commands: unknown): string[] {
  const faults: string[] = [];
  for (const command of listOf(commands)) {
    const name = textOf(command.name);
    const isSlash = command.type === undefined || command.type === 1;
    const options = listOf(command.options);
    if (isSlash && !/^[-_a-z0-9]{1,32}$/.test(name)) faults.push(`the name ${name}`);
    if (isSlash && !/^.{1,100}$/.test(textOf(command.description))) faults.push(`the description of ${name}`);
    const firstOptional = options.findIndex(({ required }) => !required);
    if (firstOptional >= 0 && options.slice(firstOptional).some(({ required }) => required))
      faults.push(`${name}: required options come first`);
    for (const option of options) {
      if (!/^[-_a-z0-9]{1,32}$/.test(textOf(option.name))) faults.push(`${name}: the option ${option.name}`);
      if (!/^.{1,100}$/.test(textOf(option.description))) faults.push(`${name} ${option.name}: its description`);
      if (option.file_types && option.type !== 11) faults.push(`${name} ${option.name}: file_types without a file`);
    }
  }
  return faults;
}
