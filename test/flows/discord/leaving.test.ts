// The story of ../leaving.test.ts, told on Discord.

process.env.TEST_PLATFORM = 'discord';
await import('../leaving.test.ts');
