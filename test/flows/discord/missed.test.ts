// The story of ../missed.test.ts, told on Discord.

process.env.TEST_PLATFORM = 'discord';
await import('../missed.test.ts');
