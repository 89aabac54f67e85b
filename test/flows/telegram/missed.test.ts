// The story of ../missed.test.ts, told on Telegram.

process.env.TEST_PLATFORM = 'telegram';
await import('../missed.test.ts');
