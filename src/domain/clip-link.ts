// A clip's web address among other words.

/** The first web address in `words`, and the words around it; null where there is none. */
export function splitLink(words: string): { readonly address: string; readonly rest: string } | null {
  // Chats put addresses in angle brackets to keep them from being previewed.
  const found = /<?(https?:\/\/[^\s<>]+)>?/i.exec(words);
  if (!found) return null;
  const [whole, address = ''] = found;
  const rest = `${words.slice(0, found.index)} ${words.slice(found.index + whole.length)}`;
  return { address, rest: rest.replaceAll(/[ \t]+/g, ' ').trim() };
}
