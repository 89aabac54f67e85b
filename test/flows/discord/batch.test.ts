// The story of ../batch.test.ts, told on Discord.

process.env.TEST_PLATFORM = 'discord';
await import('../batch.test.ts');
