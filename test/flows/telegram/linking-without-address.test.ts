// The story of ../linking-without-address.test.ts, told on Telegram.

process.env.TEST_PLATFORM = 'telegram';
await import('../linking-without-address.test.ts');
