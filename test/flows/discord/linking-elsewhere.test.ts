// The story of ../linking-elsewhere.test.ts, told on Discord.

process.env.TEST_PLATFORM = 'discord';
await import('../linking-elsewhere.test.ts');
