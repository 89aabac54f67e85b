// The story of ../linking-accounts.test.ts, told on Telegram.

process.env.TEST_PLATFORM = 'telegram';
await import('../linking-accounts.test.ts');
