import { byId, el, say } from './elements.js';
import { comeBack, rememberPlace } from './focus-place.js';
import { numberOf, tokensOf } from './format.js';
import { sayRevoked } from './outcome.js';
import { post, ServerError } from './server.js';

/** @import { Preview } from 'livetoken' */
/** @import { Revocable } from './tree-view.js' */

/** @type {Revocable | undefined} */
let asked;

const dialog = () => byId('revoke', HTMLDialogElement);
const confirmButton = () => byId('revoke-confirm', HTMLButtonElement);

export function prepareRevokeDialog() {
  byId('revoke-cancel', HTMLButtonElement).addEventListener('click', () => { dialog().close(); });
  byId('revoke-form', HTMLFormElement).addEventListener('submit', event => {
    event.preventDefault();
    void revoke(event.timeStamp);
  });
  dialog().addEventListener('close', () => {
    asked = undefined;
    comeBack();
  });
}

/**
 * Shows what revoking would end, and revokes when that is confirmed.
 *
 * @param {Revocable} revocable
 * @param {HTMLElement} button
 */
export function openRevokeDialog(revocable, button) {
  asked = revocable;
  rememberPlace(button);
  say(byId('revoke-title', HTMLElement), `Revoke ${revocable.name}?`);
  say(byId('revoke-lead', HTMLElement), 'Counting what this ends …');
  say(byId('revoke-problem', HTMLElement), '');
  byId('revoke-groups', HTMLElement).replaceChildren();
  confirmButton().disabled = true;
  say(confirmButton(), 'Revoke');
  dialog().showModal();
  void count(revocable);
}

/** @param {Revocable} revocable */
async function count(revocable) {
  try {
    const preview = /** @type {Preview} */ (await post('preview', { target: revocable.target }));
    if (asked !== revocable) return; // closed, or asked for something else meanwhile
    showPreview(preview);
  } catch (error) {
    if (asked === revocable) fail(error, 'What it would end cannot be counted.');
  }
}

/** @param {Preview} preview */
function showPreview({ count: ended, organisations, subjects, clients }) {
  const lead = ended === 0 ? 'Nobody has a token under it now. One that was not counted would be refused too.' : `This ends ${tokensOf(ended)}, on every instance, for good:`;
  say(byId('revoke-lead', HTMLElement), lead);
  byId('revoke-groups', HTMLElement).replaceChildren(...(ended === 0 ? [] : [groups('By organisation', organisations), groups('By user', subjects), groups('By client', clients)]));
  say(confirmButton(), ended === 0 ? 'Revoke' : `Revoke ${tokensOf(ended)}`);
  confirmButton().disabled = false;
}

/**
 * @param {string} title
 * @param {Preview['subjects']} all
 */
function groups(title, all) {
  const items = all.map(({ id = 'none named', count: ended }) => el('li', {}, el('span', {}, nameOf(id)), el('span', { class: 'count' }, numberOf(ended))));
  return el('section', {}, el('h3', {}, title), el('ul', {}, ...items));
}

/** @type {ReadonlyMap<string, string>} */
let names = new Map();

/** What organisations are called. @param {ReadonlyMap<string, string>} byName */
export function setNames(byName) {
  names = byName;
}

/** @param {string} id */
const nameOf = id => names.get(id) ?? id;

/** @param {number} clickedAtMs */
async function revoke(clickedAtMs) {
  if (asked === undefined || confirmButton().disabled) return;
  const { target, name } = asked;
  confirmButton().disabled = true;
  try {
    const { count: ended, tokens } = await post('revoke', { target, clickedAgoMs: performance.now() - clickedAtMs });
    sayRevoked(name, ended, tokens);
    dialog().close();
  } catch (error) {
    fail(error, 'It may not have been recorded.');
    confirmButton().disabled = false;
  }
}

/**
 * @param {unknown} error
 * @param {string} what
 */
function fail(error, what) {
  if (!(error instanceof ServerError)) throw error;
  say(byId('revoke-lead', HTMLElement), what);
  say(byId('revoke-problem', HTMLElement), error.message);
}
