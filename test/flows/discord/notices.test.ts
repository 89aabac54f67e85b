// The story of ../notices.test.ts, told on Discord.

process.env.TEST_PLATFORM = 'discord';
await import('../notices.test.ts');
