// Sorts a table by the column whose heading is pressed: numbers by size, the rest by letters, what is not measured last.
(() => {
  'use strict';

  const number = (text) => {
    const found = /[-−]?\d+(\.\d+)?(e[-+]?\d+)?/i.exec(text.replace(/,/g, ''));
    return found ? Number(found[0].replace('−', '-')) : NaN;
  };

  const key = (row, column) => {
    const cell = row.cells[column];
    const own = cell.querySelector('[data-value]');
    return own ? own.dataset.value : cell.textContent.trim();
  };

  const compare = (numbers) => (a, b) => {
    if (!numbers) return a.localeCompare(b, 'en', { numeric: true });
    return number(a) - number(b);
  };

  const missing = (text) => text === '' || text.startsWith('–');

  const sort = (table, column, down) => {
    const body = table.tBodies[0];
    const rows = Array.from(body.rows, (row) => ({ row, text: key(row, column) }));
    const known = rows.filter(({ text }) => !missing(text));
    const order = compare(known.every(({ text }) => /^[-−<]?\d/.test(text)));
    known.sort((a, b) => (down ? order(b.text, a.text) : order(a.text, b.text)));
    const unknown = rows.filter(({ text }) => missing(text));
    for (const { row } of known.concat(unknown)) body.append(row);
  };

  for (const table of document.querySelectorAll('table.sortable')) {
    const heads = Array.from(table.tHead.rows[0].cells);
    heads.forEach((head, column) => {
      head.querySelector('button').addEventListener('click', () => {
        const down = head.getAttribute('aria-sort') === 'ascending';
        for (const other of heads) other.removeAttribute('aria-sort');
        head.setAttribute('aria-sort', down ? 'descending' : 'ascending');
        sort(table, column, down);
      });
    });
  }

  // On paper everything is open.
  let closed = [];
  addEventListener('beforeprint', () => {
    closed = Array.from(document.querySelectorAll('details:not([open])'));
    for (const part of closed) part.open = true;
  });
  addEventListener('afterprint', () => {
    for (const part of closed) part.open = false;
  });
})();
