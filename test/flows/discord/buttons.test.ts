// The story of ../buttons.test.ts, told on Discord.

process.env.TEST_PLATFORM = 'discord';
await import('../buttons.test.ts');
