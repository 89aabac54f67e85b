// The same stories on Telegram.

process.env.TEST_PLATFORM = 'telegram';
await import('../batch.test.ts');
