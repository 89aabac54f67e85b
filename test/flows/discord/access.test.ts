// The story of ../access.test.ts, told on Discord.

process.env.TEST_PLATFORM = 'discord';
await import('../access.test.ts');
