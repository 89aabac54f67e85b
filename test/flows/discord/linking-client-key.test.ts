// The story of ../linking-client-key.test.ts, told on Discord.

process.env.TEST_PLATFORM = 'discord';
await import('../linking-client-key.test.ts');
