// Compiled code is kept between the processes of a test run, as `src/main.ts` keeps it between starts: each test file is a process
// of its own, and most of what it would compile the one before it has compiled already.

import { enableCompileCache } from 'node:module';

enableCompileCache();
