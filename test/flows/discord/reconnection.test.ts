// The story of ../reconnection.test.ts, told on Discord.

process.env.TEST_PLATFORM = 'discord';
await import('../reconnection.test.ts');
