// The story of ../unconfirmed.test.ts, told on Telegram.

process.env.TEST_PLATFORM = 'telegram';
await import('../unconfirmed.test.ts');
