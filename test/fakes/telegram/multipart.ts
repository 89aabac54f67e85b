// Reads a multipart body as grammY sends it. Its parts are small here; a test never uploads more than a few kilobytes.

export type MultipartValue = string | { readonly name: string; readonly content: Buffer };

export function parseMultipart(body: Buffer, contentType: string): Record<string, MultipartValue> {
  const boundary = /boundary="?([^";]+)"?/.exec(contentType)?.[1];
  if (!boundary) throw new Error('a multipart body without a boundary');
  const raw = body.toString('latin1');
  const values: Record<string, MultipartValue> = {};
  for (const part of raw.split(`--${boundary}`).slice(1, -1)) {
    const [head = '', ...rest] = part.split('\r\n\r\n');
    const content = Buffer.from(rest.join('\r\n\r\n').replace(/\r\n$/, ''), 'latin1');
    const name = /name="([^"]*)"/i.exec(head)?.[1] ?? '';
    const fileName = /filename="?([^"\r\n;]*)"?/i.exec(head)?.[1];
    values[name] = fileName === undefined ? content.toString('utf8') : { name: fileName, content };
  }
  return values;
}
