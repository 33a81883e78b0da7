import { leaving } from './focus-place.js';

/** @type {WeakMap<Element, Map<string, HTMLElement>>} */
const shown = new WeakMap();

/**
 * Lets an element have one child for each item, in their order. A child whose key was there before stays the same element, so that
 * focus, what is unfolded and where somebody has scrolled to outlive every update.
 *
 * @template T
 * @param {HTMLElement} parent
 * @param {readonly T[]} items
 * @param {{ key: (item: T) => string, make: (item: T) => HTMLElement, update: (element: HTMLElement, item: T) => void }} how
 */
export function keyedList(parent, items, { key, make, update }) {
  const before = shown.get(parent) ?? new Map();
  const keys = new Set(items.map(key));
  for (const [gone, element] of before) {
    if (keys.has(gone)) continue;
    leaving(element);
    element.remove();
  }
  /** @type {Map<string, HTMLElement>} */
  const after = new Map();
  let at = parent.firstElementChild;
  for (const item of items) {
    const element = before.get(key(item)) ?? make(item);
    update(element, item);
    after.set(key(item), element);
    if (element === at) at = element.nextElementSibling;
    else parent.insertBefore(element, at);
  }
  shown.set(parent, after);
}
