// The story of ../time.test.ts, told on Discord.

process.env.TEST_PLATFORM = 'discord';
await import('../time.test.ts');
