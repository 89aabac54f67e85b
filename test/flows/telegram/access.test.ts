// The story of ../access.test.ts, told on Telegram.

process.env.TEST_PLATFORM = 'telegram';
await import('../access.test.ts');
