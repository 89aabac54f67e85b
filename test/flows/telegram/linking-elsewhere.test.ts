// The story of ../linking-elsewhere.test.ts, told on Telegram.

process.env.TEST_PLATFORM = 'telegram';
await import('../linking-elsewhere.test.ts');
