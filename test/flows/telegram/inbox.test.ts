// The same stories on Telegram.

process.env.TEST_PLATFORM = 'telegram';
await import('../inbox.test.ts');
