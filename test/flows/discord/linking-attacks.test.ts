// The story of ../linking-attacks.test.ts, told on Discord.

process.env.TEST_PLATFORM = 'discord';
await import('../linking-attacks.test.ts');
