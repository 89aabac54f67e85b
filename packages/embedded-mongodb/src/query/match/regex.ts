/** MongoDB's regular expressions (PCRE) on JavaScript's engine: options i, m, s, x, u and inline `(?i)` at the start. */
import { isKind, type Regex, type Value } from '../../codec/values.ts';
import { CommandError } from '../../server/errors.ts';

export function compileRegex(regex: Regex): RegExp {
  let { pattern, options } = regex;
  if (pattern.includes('\0')) throw new CommandError(51091, 'Regular expression cannot contain an embedded null byte');
  for (const option of options) {
    if (!'imsxu'.includes(option)) throw new CommandError(51108, `invalid flag in regex options: ${option}`);
  }
  const inline = /^\(\?([imsx]+)\)/.exec(pattern);
  if (inline) {
    pattern = pattern.slice(inline[0].length);
    options += inline[1];
  }
  if (options.includes('x')) pattern = withoutComments(pattern);
  const flags = ['i', 'm', 's'].filter(flag => options.includes(flag)).join('');
  try {
    return new RegExp(translate(pattern), flags);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new CommandError(51091, `Regular expression is invalid: ${error.message}`);
  }
}

/** PCRE spellings that JavaScript writes otherwise. */
function translate(pattern: string): string {
  return pattern
    .replaceAll('\\A', '^')
    .replace(/\\[zZ]/g, '$')
    .replace(/\(\?P</g, '(?<')
    .replaceAll('[[:alpha:]]', '[a-zA-Z]')
    .replaceAll('[[:digit:]]', '[0-9]')
    .replaceAll('[[:space:]]', '\\s');
}

function withoutComments(pattern: string): string {
  return pattern.replace(/\\.|\[(?:\\.|[^\]])*\]|\s+|#[^\n]*/gs, found => (/^[\s#]/.test(found) ? '' : found));
}

export function regexTest(compiled: RegExp, regex: Regex): (value: Value | undefined) => boolean {
  return value => {
    if (typeof value === 'string') return compiled.test(value);
    if (isKind(value, 'symbol')) return compiled.test(value.value);
    return isKind(value, 'regex') && value.pattern === regex.pattern && value.options === regex.options;
  };
}
