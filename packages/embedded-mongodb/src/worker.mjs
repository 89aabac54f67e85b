/**
 * Starts the worker thread. Plain JavaScript, so that Node's compile cache is on before the first TypeScript file is
 * read: stripping types anew at each start would take most of a second.
 */
import { enableCompileCache } from 'node:module';

enableCompileCache();
await import('./server/worker.ts');
