// The story of ../changing-mind.test.ts, told on Discord.

process.env.TEST_PLATFORM = 'discord';
await import('../changing-mind.test.ts');
