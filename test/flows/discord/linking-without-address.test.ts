// The story of ../linking-without-address.test.ts, told on Discord.

process.env.TEST_PLATFORM = 'discord';
await import('../linking-without-address.test.ts');
