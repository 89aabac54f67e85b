/**
 * Starts the worker thread. Plain JavaScript, so that Node's compile cache is on before the first TypeScript file is
 * read: stripping types anew at each start would take most of a second. What `require` loads comes up sooner than what
 * `import` does, file after file without a turn of the event loop between them.
 */
import { createRequire, enableCompileCache } from 'node:module';

enableCompileCache();
createRequire(import.meta.url)('./server/worker.ts');
