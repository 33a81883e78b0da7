import { byId } from './elements.js';

// What somebody has just revoked vanishes from under their fingers. The focus then goes to what is nearest, and never to the top.

/** @type {HTMLElement | undefined} */
let place;

/**
 * Where to come back to when the dialogue closes.
 *
 * @param {HTMLElement} button
 */
export function rememberPlace(button) {
  place = button;
}

export function comeBack() {
  (place ?? fallback()).focus();
  place = undefined;
}

/**
 * Call it before an element is taken away.
 *
 * @param {Element} element
 */
export function leaving(element) {
  if (place !== undefined && element.contains(place)) place = nearest(element);
  if (element.contains(document.activeElement)) nearest(element).focus();
}

/**
 * The button to revoke the next of its kind, else the one before, else what it belonged to.
 *
 * @param {Element} element
 * @returns {HTMLElement}
 */
function nearest(element) {
  const around = [element.nextElementSibling, element.previousElementSibling, element.parentElement?.closest('li')];
  for (const each of around) {
    const button = each?.querySelector('.revoke');
    if (button instanceof HTMLElement) return button;
  }
  return fallback();
}

const fallback = () => byId('tree-title', HTMLElement);
