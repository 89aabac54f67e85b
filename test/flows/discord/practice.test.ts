// The story of ../practice.test.ts, told on Discord.

process.env.TEST_PLATFORM = 'discord';
await import('../practice.test.ts');
