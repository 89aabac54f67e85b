// The story of ../inbox.test.ts, told on Discord.

process.env.TEST_PLATFORM = 'discord';
await import('../inbox.test.ts');
