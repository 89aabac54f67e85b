// The story of ../linking-attacks.test.ts, told on Telegram.

process.env.TEST_PLATFORM = 'telegram';
await import('../linking-attacks.test.ts');
