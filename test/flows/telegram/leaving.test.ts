// The story of ../leaving.test.ts, told on Telegram.

process.env.TEST_PLATFORM = 'telegram';
await import('../leaving.test.ts');
