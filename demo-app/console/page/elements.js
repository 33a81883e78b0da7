// Making elements. Text is set as text: nothing that comes from elsewhere is ever read as HTML.

/**
 * @param {string} tag
 * @param {Readonly<Record<string, string>>} [attributes] `class` among them
 * @param {...(Node | string)} children
 * @returns {HTMLElement}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/**
 * The element of the page with this id.
 *
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`The page has no such ${type.name}: ${id}`);
  return element;
}

/**
 * The one within an element that was made with it.
 *
 * @param {Element} element
 * @param {string} selector
 * @returns {HTMLElement}
 */
export function within(element, selector) {
  const found = element.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`Nothing within it is ${selector}`);
  return found;
}

/**
 * Sets a text, unless it stands there already: a live region would be read out once more.
 *
 * @param {Element} element
 * @param {string} text
 */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
