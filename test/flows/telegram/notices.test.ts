// The story of ../notices.test.ts, told on Telegram.

process.env.TEST_PLATFORM = 'telegram';
await import('../notices.test.ts');
