// The story of ../linking-accounts.test.ts, told on Discord.

process.env.TEST_PLATFORM = 'discord';
await import('../linking-accounts.test.ts');
