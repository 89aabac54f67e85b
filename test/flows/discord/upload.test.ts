// The story of ../upload.test.ts, told on Discord.

process.env.TEST_PLATFORM = 'discord';
await import('../upload.test.ts');
