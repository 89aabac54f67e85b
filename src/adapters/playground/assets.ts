// The page's files, read once at start: what stands in the folder `page`, and the rendering library.

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';

export interface Asset {
  readonly content: Buffer;
  readonly contentType: string;
  readonly etag: string;
}

const PAGE = new URL('page/', import.meta.url);
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};
/** Those of lit-html's files that the page imports, directly or through one another. */
const LIBRARY = [
  'lit-html.js',
  'directive.js',
  'directive-helpers.js',
  'directives/repeat.js',
  'directives/live.js',
  'directives/guard.js',
];

/** The package's folder, wherever npm put it: Node itself would be given the build for servers. */
function libraryFolder(): string {
  const entry = import.meta.resolve('lit-html');
  return entry.slice(0, entry.lastIndexOf('/lit-html/') + '/lit-html/'.length);
}

async function readAsset(file: URL): Promise<Asset> {
  const content = await readFile(file);
  const contentType = CONTENT_TYPES[file.pathname.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
  return { content, contentType, etag: `"${createHash('sha256').update(content).digest('base64url')}"` };
}

/** All files by their path behind /playground/. */
export async function readAssets(): Promise<ReadonlyMap<string, Asset>> {
  const names = (await readdir(PAGE)).filter(name => (name.split('.').at(-1) ?? '') in CONTENT_TYPES);
  const folder = libraryFolder();
  const files: [string, URL][] = [
    ...names.map((name): [string, URL] => [name, new URL(name, PAGE)]),
    ...LIBRARY.map((name): [string, URL] => [`lit-html/${name}`, new URL(name, folder)]),
  ];
  return new Map(await Promise.all(files.map(async ([path, file]) => [path, await readAsset(file)] as const)));
}
