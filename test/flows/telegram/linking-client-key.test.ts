// The story of ../linking-client-key.test.ts, told on Telegram.

process.env.TEST_PLATFORM = 'telegram';
await import('../linking-client-key.test.ts');
