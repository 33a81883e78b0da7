import { byId, el, say, within } from './elements.js';
import { millisecondsOf, numberOf } from './format.js';
import { keyedList } from './keyed-list.js';

/** @import { LanesView, LaneToken } from '../console-events.ts' */
/** @import { ClickKind } from '../stopwatch.ts' */
/** @typedef {{ status: number, reason?: string, afterMs?: number | undefined }} TimedAnswer an answer, and how long after a click it came */

/**
 * @typedef {object} Lanes
 * @property {LanesView['instances']} instances
 * @property {readonly LaneToken[]} tokens
 * @property {ReadonlyArray<Map<string, TimedAnswer>>} answers by instance, then by token
 * @property {readonly number[]} calls
 * @property {{ kind: ClickKind, ms: (number | undefined)[] }} figures of the latest click, by instance
 */

const LABELS = { revoke: 'From click to refusal', off: 'From click to 503', on: 'From click to accepted' };

/** @param {Lanes} lanes */
export function showLanes(lanes) {
  const table = byId('lanes', HTMLTableElement);
  if (table.tHead === null) table.append(el('thead', {}, el('tr', { class: 'names' }), el('tr', { class: 'figures' })), el('tbody'));
  const { names, figures, body } = parts(table);
  keyedList(names, columns(lanes, { name: 'Token', url: '' }), NAMES);
  keyedList(figures, columns(lanes, { label: LABELS[lanes.figures.kind] }), FIGURES);
  keyedList(body, rows(lanes), ROWS);
}

/** @param {HTMLTableElement} table */
function parts(table) {
  return { names: within(table, '.names'), figures: within(table, '.figures'), body: within(table, 'tbody') };
}

/**
 * @typedef {{ at: number, name?: string, url?: string, label?: string, calls?: number, ms?: number | undefined }} Column `at`: 0 for the names of the tokens
 *
 * @param {Lanes} lanes
 * @param {Partial<Column>} first
 * @returns {readonly Column[]}
 */
function columns({ instances, calls, figures }, first) {
  return [{ at: 0, ...first }, ...instances.map(({ name, url }, i) => ({ at: i + 1, name, url, calls: calls[i] ?? 0, ms: figures.ms[i] }))];
}

const NAMES = {
  /** @param {Column} column */
  key: ({ at }) => String(at),
  /** @param {Column} column */
  make: ({ at }) => (at === 0 ? el('th', { scope: 'col' }, el('span', { class: 'hidden-text' }, 'Token')) : el('th', { scope: 'col' }, el('span', { class: 'instance' }), el('span', { class: 'address' }))),
  /** @type {(cell: HTMLElement, column: Column) => void} */
  update: (cell, { at, name = '', url = '', calls = 0 }) => {
    if (at === 0) return;
    say(within(cell, '.instance'), name);
    say(within(cell, '.address'), `:${new URL(url).port} · ${numberOf(calls)} calls`);
  },
};

const FIGURES = {
  /** @param {Column} column */
  key: ({ at }) => String(at),
  /** @param {Column} column */
  make: ({ at }) => (at === 0 ? el('th', { scope: 'row' }) : el('td', {}, el('span', { class: 'figure' }), el('span', { class: 'unit' }))),
  /** @type {(cell: HTMLElement, column: Column) => void} */
  update: (cell, { at, label = '', ms }) => {
    if (at === 0) {
      say(cell, label);
      return;
    }
    const figure = within(cell, '.figure');
    figure.classList.toggle('none', ms === undefined);
    say(figure, ms === undefined ? '–' : millisecondsOf(ms));
    say(within(cell, '.unit'), ms === undefined ? '' : ' ms');
  },
};

/**
 * @typedef {{ key: string, organisation?: string, columns: number, token?: LaneToken, nth?: number, answers: ReadonlyArray<TimedAnswer | undefined> }} Row
 *
 * @param {Lanes} lanes
 * @returns {readonly Row[]}
 */
function rows({ instances, tokens, answers }) {
  /** @type {Row[]} */
  const all = [];
  for (const organisation of new Set(tokens.map(token => token.organisation))) {
    all.push({ key: `organisation ${organisation}`, organisation, columns: instances.length + 1, answers: [] });
    const own = tokens.filter(token => token.organisation === organisation);
    for (const [i, token] of own.entries()) {
      const nth = own.slice(0, i).filter(other => isAlike(other, token)).length + 1;
      all.push({ key: token.id, token, nth, columns: instances.length + 1, answers: answers.map(each => each.get(token.id)) });
    }
  }
  return all;
}

/** @type {(one: LaneToken, other: LaneToken) => boolean} */
const isAlike = (one, other) => one.user === other.user && one.client === other.client && one.hasSession === other.hasSession;

const ROWS = {
  /** @param {Row} row */
  key: row => row.key,
  /** @param {Row} row */
  make: ({ organisation, columns }) => {
    if (organisation !== undefined) return el('tr', { class: 'group' }, el('th', { scope: 'colgroup', colspan: String(columns) }, organisation));
    const cells = Array.from({ length: columns - 1 }, () => el('td', { class: 'cell' }, el('span', { class: 'answer' })));
    return el('tr', {}, el('th', { scope: 'row' }, el('span', { class: 'user' }), el('span', { class: 'client' })), ...cells);
  },
  /** @type {(tr: HTMLElement, row: Row) => void} */
  update: (tr, { token, nth = 1, answers }) => {
    if (token === undefined) return;
    say(within(tr, '.user'), token.user);
    say(within(tr, '.client'), clientOf(token, nth));
    for (const [i, cell] of [...tr.querySelectorAll('.answer')].entries()) showAnswer(cell, answers[i]);
  },
};

/** @type {(token: LaneToken, nth: number) => string} */
function clientOf({ user, client, hasSession }, nth) {
  if (client === user) return '';
  return ` ${client}${hasSession ? '' : ' script'}${nth > 1 ? `, token ${nth}` : ''}`;
}

/** @type {(cell: Element, answer: TimedAnswer | undefined) => void} */
function showAnswer(cell, answer) {
  const { kind, text, meaning } = worded(answer);
  const after = answer?.afterMs === undefined ? '' : `${millisecondsOf(answer.afterMs)} ms`;
  const state = `${kind} ${text} ${after}`;
  if (cell.getAttribute('data-state') === state) return;
  cell.setAttribute('data-state', state);
  cell.className = `answer ${kind}`;
  cell.replaceChildren(text, el('span', { class: 'hidden-text' }, ` ${meaning}`), ...(after === '' ? [] : [el('span', { class: 'after' }, after)]));
}

/** @param {TimedAnswer | undefined} answer */
function worded(answer) {
  if (answer === undefined) return { kind: 'waiting', text: '…', meaning: 'not asked yet' };
  const { status, reason } = answer;
  if (status === 0) return { kind: 'silent', text: 'none', meaning: 'the instance does not answer' };
  if (status === 401) return { kind: 'refused', text: '401', meaning: `refused: ${reason ?? 'invalid'}` };
  if (status === 503) return { kind: 'closed', text: '503', meaning: 'cannot tell' };
  return { kind: 'accepted', text: String(status), meaning: 'accepted' };
}
