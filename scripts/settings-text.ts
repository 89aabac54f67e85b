// What .env.example and the README say about the settings, made from the list in src/settings.ts.

import { SETTING_NAMES, SETTINGS, type Setting, type SettingName } from '#settings.ts';

/** Between these the README's table stands. */
const TABLE_START = '<!-- settings: written by scripts/write-settings.ts -->';
const TABLE_END = '<!-- end of settings -->';

const settingsList = (): [SettingName, Setting][] => SETTING_NAMES.map(name => [name, SETTINGS[name]]);

/** The whole of .env.example: every setting, commented out. */
export function renderEnvExample(): string {
  const head = [
    '# Every setting of Clipcue. None is needed: without any, everything runs on this machine with stand-ins.',
    '# Copy this file to .env and take the "# " off the lines you need. A name that is not listed here is a fault.',
    '# Settings marked (secret) may come from a file instead: NAME_FILE=/path/to/file, and never appear in a log.',
  ];
  const entries = settingsList().map(
    ([name, { about, example, isSecret }]) => `# ${about}${isSecret ? ' (secret)' : ''}\n# ${name}=${example}`,
  );
  return `${[head.join('\n'), ...entries].join('\n\n')}\n`;
}

/** The README's table. */
export function renderSettingsTable(): string {
  const rows = settingsList().map(([name, { about, isSecret, schema }]) => {
    const byDefault = schema.parse(undefined);
    const shown = byDefault === undefined || String(byDefault) === '' ? 'not set' : `\`${byDefault}\``;
    return `| \`${name}\`${isSecret ? ' (secret)' : ''} | ${shown} | ${about.replaceAll('|', '\\|')} |`;
  });
  return ['| Setting | Default | What it does |', '| --- | --- | --- |', ...rows].join('\n');
}

/** `readme` with the table as it should be. @throws Error where the marks are missing. */
export function withSettingsTable(readme: string): string {
  const start = readme.indexOf(TABLE_START);
  const end = readme.indexOf(TABLE_END);
  if (start < 0 || end < start) throw new Error(`the README needs the marks ${TABLE_START} and ${TABLE_END}`);
  return `${readme.slice(0, start + TABLE_START.length)}\n\n${renderSettingsTable()}\n\n${readme.slice(end)}`;
}
