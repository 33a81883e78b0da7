import { byId, el, say, within } from './elements.js';
import { lastsFor, shortTimeOf, tokensOf } from './format.js';
import { keyedList } from './keyed-list.js';
import { openRevokeDialog } from './revoke-dialog.js';

/** @import { OrganisationView, SessionView, TokenView, TreeView, UserView } from '../tree.ts' */
/** @typedef {{ target: object, name: string }} Revocable what a button revokes, and what it is called */

/** @type {WeakMap<Element, Revocable>} */
const revocables = new WeakMap();

/** @param {TreeView} tree */
export function showTree({ organisations, isComplete }) {
  byId('tree-more', HTMLElement).hidden = isComplete;
  keyedList(byId('tree', HTMLElement), organisations, ORGANISATIONS);
}

const ORGANISATIONS = {
  /** @param {OrganisationView} organisation */
  key: ({ id }) => id,
  make: () => el('li', { class: 'of-organisation' }, row(el('h3', { class: 'name' })), list('users'), list('children')),
  /** @type {(item: HTMLElement, organisation: OrganisationView) => void} */
  update: (item, { id, name, tokens, target, users, children }) => {
    describe(item, { name, detail: id, count: tokensOf(tokens), target, called: name });
    const withNames = users.map(user => ({ ...user, organisation: name }));
    fill(sublist(item, 'users'), withNames, USERS);
    fill(sublist(item, 'children'), children, ORGANISATIONS);
  },
};

const USERS = {
  /** @param {UserView} user */
  key: ({ id }) => id,
  make: () => el('li', { class: 'of-user' }, row(), list('sessions'), list('apart')),
  /** @type {(item: HTMLElement, user: UserView & { organisation: string }) => void} */
  update: (item, { id, isClient, tokens, target, organisation, sessions, apart }) => {
    describe(item, { name: id, detail: isClient ? 'acts for itself' : '', count: tokensOf(tokens), target, called: `${id} in ${organisation}` });
    fill(sublist(item, 'sessions'), sessions.map(session => ({ ...session, user: id })), SESSIONS);
    fill(sublist(item, 'apart'), apart.map(token => ({ ...token, of: id, alone: !isClient })), TOKENS);
  },
};

const SESSIONS = {
  /** @param {SessionView} session */
  key: ({ id }) => id,
  make: () => {
    const item = el('li', { class: 'of-session' }, row(el('button', { class: 'unfold name', type: 'button', 'aria-expanded': 'false' })), list('tokens'));
    const tokens = sublist(item, 'tokens');
    const unfold = within(item, '.unfold');
    tokens.hidden = true;
    unfold.addEventListener('click', () => {
      tokens.hidden = !tokens.hidden;
      unfold.setAttribute('aria-expanded', String(!tokens.hidden));
    });
    return item;
  },
  /** @type {(item: HTMLElement, session: SessionView & { user: string }) => void} */
  update: (item, { client, sinceMs, target, tokens, user }) => {
    const name = `${client} session`;
    describe(item, { name, detail: `since ${shortTimeOf(sinceMs)}`, count: tokensOf(tokens.length), target, called: `the ${name} of ${user}` });
    keyedList(sublist(item, 'tokens'), tokens.map(token => ({ ...token, of: user, alone: false })), TOKENS);
  },
};

const TOKENS = {
  /** @param {TokenView} token */
  key: ({ id }) => id,
  make: () => el('li', { class: 'of-token' }, row()),
  /** @type {(item: HTMLElement, token: TokenView & { of: string, alone: boolean }) => void} */
  update: (item, { id, use, expiresAtMs, target, of, alone }) => {
    const name = use === 'refresh' ? 'Refresh token' : alone ? 'Access token of a script' : 'Access token';
    const detail = use === 'refresh' ? 'and all that it was exchanged for' : `${id.slice(0, 8)}, good for ${lastsFor(expiresAtMs - Date.now())}`;
    const what = use === 'refresh' ? 'the refresh token' : `access token ${id.slice(0, 8)}`;
    describe(item, { name, detail, count: '', target, called: `${what} of ${of}` });
  },
};

/** @param {HTMLElement} [name] */
function row(name = el('span', { class: 'name' })) {
  const revoke = el('button', { class: 'revoke', type: 'button' }, 'Revoke', el('span', { class: 'hidden-text' }));
  revoke.addEventListener('click', () => {
    const revocable = revocables.get(revoke);
    if (revocable !== undefined) openRevokeDialog(revocable, revoke);
  });
  const label = el('span', { class: 'row-name' }, name, el('span', { class: 'detail' }));
  return el('div', { class: 'row' }, label, el('span', { class: 'row-count' }), revoke);
}

/** @param {string} name */
const list = name => el('ul', { class: name, hidden: '' });

/**
 * An empty list is none.
 *
 * @template T
 * @param {HTMLElement} ul
 * @param {readonly T[]} items
 * @param {Parameters<typeof keyedList<T>>[2]} how
 */
function fill(ul, items, how) {
  keyedList(ul, items, how);
  ul.hidden = items.length === 0;
}

/**
 * A list of the item itself, not one further in.
 *
 * @param {HTMLElement} item
 * @param {string} name
 */
const sublist = (item, name) => within(item, `:scope > .${name}`);

/**
 * @param {HTMLElement} item
 * @param {{ name: string, detail: string, count: string, target: object, called: string }} texts
 */
function describe(item, { name, detail, count, target, called }) {
  say(within(item, '.name'), name);
  say(within(item, '.detail'), detail);
  say(within(item, '.row-count'), count);
  const revoke = within(item, '.revoke');
  say(within(revoke, '.hidden-text'), ` ${called}`);
  revocables.set(revoke, { target, name: called });
}
