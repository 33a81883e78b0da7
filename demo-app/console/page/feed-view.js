import { byId, el } from './elements.js';
import { timeOf } from './format.js';

/** @import { EntryView } from '../console-events.ts' */

const MAX_ITEMS = 50;

export function clearFeed() {
  byId('feed', HTMLElement).replaceChildren();
}

/**
 * The newest stands first.
 *
 * @param {readonly EntryView[]} entries oldest first
 * @param {boolean} isBacklog
 */
export function addToFeed(entries, isBacklog) {
  const feed = byId('feed', HTMLElement);
  const newest = entries.slice(-MAX_ITEMS).map(entry => itemOf(entry, !isBacklog)).reverse();
  feed.prepend(...newest);
  while (feed.childElementCount > MAX_ITEMS) feed.lastElementChild?.remove();
  byId('feed-empty', HTMLElement).hidden = feed.childElementCount > 0;
}

/** @type {(entry: EntryView, isNew: boolean) => HTMLElement} */
function itemOf({ atMs, target, actor = 'somebody', reason }, isNew) {
  return el(
    'li',
    isNew ? { class: 'is-new' } : {},
    el('time', { class: 'mono', datetime: new Date(atMs).toISOString() }, timeOf(atMs)),
    el('span', { class: 'what' }, target),
    el('span', { class: 'who muted' }, `by ${actor}${reason === undefined ? '' : `: ${reason}`}`),
  );
}
