// The project's own source files and what each of them imports, read from the files themselves.

import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Import {
  /** A path from the project's root for our own files; the specifier as it stands for packages and Node's modules. */
  readonly target: string;
  readonly isOurs: boolean;
  /** Gone at run time: `import type`, or types alone between the braces. */
  readonly isType: boolean;
}

export interface SourceFile {
  /** From the project's root, with slashes. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

/** The files that match one of `patterns`, sorted. */
export function readSources(...patterns: string[]): SourceFile[] {
  return globSync(patterns, { cwd: ROOT, exclude: path => path.includes('node_modules') })
    .map(path => path.replaceAll('\\', '/'))
    .toSorted()
    .map(path => {
      const text = readFileSync(join(ROOT, path), 'utf8');
      return { path, text, imports: readImports(path, text) };
    });
}

/** Biome's formatter puts every import and re-export at the start of a line and ends it with `';`, which makes this exact. */
const STATEMENT = /^(?:import|export)\s+(?:(type)\s+)?(?:([^;'"]*?)\s*from\s+)?'([^']+)'/gm;
const DYNAMIC = /(?<!typeof )\bimport\(\s*'([^']+)'/g;

function readImports(path: string, text: string): Import[] {
  const statements = [...text.matchAll(STATEMENT)].map(([, type, names = '', specifier = '']) => ({
    specifier,
    isType: type !== undefined || namesTypesAlone(names),
  }));
  const dynamic = [...text.matchAll(DYNAMIC)].map(([, specifier = '']) => ({ specifier, isType: false }));
  return [...statements, ...dynamic].map(({ specifier, isType }) => ({ ...resolve(path, specifier), isType }));
}

function namesTypesAlone(names: string): boolean {
  const inBraces = names.match(/^\{([^}]*)\}$/)?.[1]?.split(',') ?? [];
  const named = inBraces.map(name => name.trim()).filter(name => name !== '');
  return named.length > 0 && named.every(name => name.startsWith('type '));
}

/** Subpath imports as package.json maps them. */
function resolve(from: string, specifier: string): Pick<Import, 'target' | 'isOurs'> {
  const mapped = specifier.match(/^#(commands|test)\//) ? specifier.slice(1) : specifier.replace(/^#/, 'src/');
  if (mapped.startsWith('.')) {
    const target = relative(ROOT, join(ROOT, dirname(from), mapped)).replaceAll('\\', '/');
    return { target, isOurs: true };
  }
  return { target: mapped, isOurs: mapped !== specifier };
}
