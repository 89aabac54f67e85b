// How people call the chat platforms.

const NAMES: Readonly<Record<string, string>> = {
  discord: 'Discord',
  telegram: 'Telegram',
  playground: 'the Playground',
  demo: 'the demo',
};

export const nameOfPlatform = (platform: string): string => NAMES[platform] ?? platform;
