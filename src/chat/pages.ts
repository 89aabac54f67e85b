// Long choices in pages, for platforms that show a choice as buttons.

import { encodeActionId } from './action-id.ts';
import { button, type Control, type Reply, type Select } from './reply.ts';

export interface Page {
  /** Which of the reply's selects, counted from 0. */
  readonly select: number;
  readonly page: number;
}

/** Reads the value of a page button. */
export function readPage(value: string): Page | null {
  const [, select, page] = /^(\d{1,2})\.(\d{1,3})$/.exec(value) ?? [];
  return select === undefined || page === undefined ? null : { select: Number(select), page: Number(page) };
}

/** `reply` with at most `size` options in each select, and buttons to the other pages beneath it. */
export function showPage(reply: Reply, size: number, shown: Page = { select: 0, page: 0 }): Reply {
  let count = 0;
  const rows = reply.rows.flatMap(row => {
    const selects = row.filter(control => control.kind === 'select');
    if (selects.every(({ options }) => options.length <= size)) {
      count += selects.length;
      return [row];
    }
    return row.flatMap((control): (readonly Control[])[] => {
      if (control.kind !== 'select') return [[control]];
      const index = count++;
      return pageOf(control, index, index === shown.select ? shown.page : pageOfChosen(control, size), size);
    });
  });
  return { ...reply, rows };
}

/** What is chosen already should be seen. */
const pageOfChosen = ({ options }: Select, size: number): number =>
  Math.max(0, Math.floor(options.findIndex(({ selected }) => selected) / size));

function pageOf(select: Select, index: number, wanted: number, size: number): (readonly Control[])[] {
  const last = Math.ceil(select.options.length / size) - 1;
  if (last <= 0) return [[select]];
  const page = Math.min(wanted, last);
  const turn = (label: string, to: number) => button(label, encodeActionId('question', 'page', '', `${index}.${to}`));
  return [
    [{ ...select, options: select.options.slice(page * size, (page + 1) * size) }],
    [
      ...(page > 0 ? [turn('‹ Back', page - 1)] : []),
      ...(page < last ? [turn(`More (${page + 1} of ${last + 1}) ›`, page + 1)] : []),
    ],
  ];
}
