// Runs inside the page, where tests call it as `checks`: what the page shows, and what is wrong with it for whoever cannot see it well.

/** @param {Node | null | undefined} node */
const textOf = node => (node?.textContent ?? '').replace(/\s+/g, ' ').trim();

/** @param {Element} element */
const isVisible = element => element.checkVisibility({ visibilityProperty: true });

/** What every instance answers to each token. */
function answers() {
  const rows = [...document.querySelectorAll('#lanes tbody tr:not(.group)')];
  return Object.fromEntries(rows.map(row => [textOf(row.querySelector('th')), [...row.querySelectorAll('.answer')].map(cell => textOf(cell).slice(0, 3))]));
}

/** What is written beside the answers: how long after the click each came, where it says so; and the figure of each instance above them. */
function figures() {
  const of = (/** @type {string} */ selector) => [...document.querySelectorAll(`#lanes ${selector}`)].map(textOf);
  return { instances: of('.figures td'), answers: of('.after') };
}

/** The colour of every instance's answer to each token: of its ground and of what is written on it, where these are one. */
function colours() {
  const rows = [...document.querySelectorAll('#lanes tbody tr:not(.group)')];
  return Object.fromEntries(rows.map(row => [textOf(row.querySelector('th')), [...row.querySelectorAll('.answer')].map(nameOfColours)]));
}

/** @param {Element} cell */
function nameOfColours(cell) {
  const ink = colourName(colourOf(getComputedStyle(cell).color));
  const ground = colourName(groundOf(cell));
  return ink === ground ? ink : `${ink} on ${ground}`;
}

/** What somebody would call it, be it light or dark. @param {Colour} colour */
function colourName([red, green, blue]) {
  const most = Math.max(red, green, blue);
  const chroma = most - Math.min(red, green, blue);
  if (chroma < LEAST_CHROMA) return 'grey';
  const turn = most === red ? (green - blue) / chroma : most === green ? 2 + (blue - red) / chroma : 4 + (red - green) / chroma;
  const hue = (turn * 60 + 360) % 360;
  const [name] = HUES.find(([, upTo]) => hue < upTo) ?? ['red'];
  return name;
}

/** The counts of the dialogue, list by list. */
function groups() {
  return [...document.querySelectorAll('#revoke-groups section')].map(section =>
    Object.fromEntries([...section.querySelectorAll('li')].map(li => [textOf(li.children[0]), Number(textOf(li.children[1]))])));
}

/** What has the focus, by its name. */
function focused() {
  return textOf(document.activeElement);
}

/** @param {Element} control */
function nameOf(control) {
  const labelledBy = (control.getAttribute('aria-labelledby') ?? '').split(' ').map(id => textOf(document.getElementById(id))).join(' ').trim();
  const labels = control instanceof HTMLInputElement ? [...(control.labels ?? [])].map(textOf).join(' ') : '';
  return labelledBy || control.getAttribute('aria-label') || labels || (control instanceof HTMLInputElement ? '' : textOf(control));
}

/** Everything that is not as it should be, in words. */
function faults() {
  return [...structureFaults(), ...nameFaults(), ...contrastFaults(), ...widthFaults()];
}

function structureFaults() {
  const found = [];
  if (document.documentElement.lang === '') found.push('The page has no language.');
  if (document.querySelectorAll('h1').length !== 1) found.push('There is not one h1.');
  if (document.querySelectorAll('main').length !== 1) found.push('There is not one main.');
  const levels = [...document.querySelectorAll('h1, h2, h3, h4')].filter(isVisible).map(heading => Number(heading.tagName[1]));
  for (const [i, level] of levels.entries()) if (level > (levels[i - 1] ?? 0) + 1) found.push(`A heading of level ${level} follows one of ${levels[i - 1]}.`);
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  for (const id of new Set(ids)) if (ids.filter(other => other === id).length > 1) found.push(`The id ${id} is there more than once.`);
  for (const attribute of ['aria-labelledby', 'aria-describedby', 'aria-controls']) {
    for (const element of document.querySelectorAll(`[${attribute}]`)) {
      for (const id of (element.getAttribute(attribute) ?? '').split(' ')) if (document.getElementById(id) === null) found.push(`${attribute} names ${id}, which is not there.`);
    }
  }
  return found;
}

function nameFaults() {
  const controls = [...document.querySelectorAll('button, input, a, select, textarea, dialog[open], table, [role=region]')].filter(isVisible);
  const unnamed = controls.filter(control => nameOf(control) === '').map(({ outerHTML }) => `It has no name: ${outerHTML.slice(0, 100)}`);
  const names = controls.filter(({ tagName }) => tagName === 'BUTTON').filter(({ className }) => className.includes('revoke')).map(nameOf);
  const doubles = names.filter((name, i) => names.indexOf(name) !== i).map(name => `Several buttons are called ${name}.`);
  return [...unnamed, ...doubles];
}

function widthFaults() {
  const { scrollWidth, clientWidth } = document.documentElement;
  return scrollWidth > clientWidth ? [`The page is ${scrollWidth} wide where ${clientWidth} are to be had.`] : [];
}

/** Less colour than this nobody sees. */
const LEAST_CHROMA = 12;

/** Degrees on the colour wheel, up to which each goes. @type {readonly (readonly [name: string, upTo: number])[]} */
const HUES = [['red', 20], ['amber', 65], ['green', 170], ['blue', 265], ['violet', 340]];

/** WCAG 2.2, 1.4.3. */
const LEAST_CONTRAST = 4.5;

function contrastFaults() {
  const found = [];
  const texts = document.createTreeWalker(document.querySelector('dialog[open]') ?? document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
    const element = node.parentElement;
    if (element === null || textOf(node) === '' || !isVisible(element) || element.closest('.hidden-text, script, noscript') !== null) continue;
    const ground = groundOf(element);
    const contrast = contrastOf(over(colourOf(getComputedStyle(element).color), ground), ground);
    if (contrast < LEAST_CONTRAST) found.push(`The contrast of "${textOf(node)}" is ${contrast.toFixed(2)}.`);
  }
  return found;
}

/** @typedef {readonly [red: number, green: number, blue: number, alpha: number]} Colour */

/** @param {string} text @returns {Colour} */
function colourOf(text) {
  const [red = 0, green = 0, blue = 0, alpha = 1] = (text.match(/[\d.]+/g) ?? []).map(Number);
  return [red, green, blue, alpha];
}

/** What stands behind it, all layers together. @param {Element | null} element @returns {Colour} */
function groundOf(element) {
  if (element === null) return [255, 255, 255, 1];
  const own = colourOf(getComputedStyle(element).backgroundColor);
  return own[3] === 1 ? own : over(own, groundOf(element.parentElement));
}

/** @type {(top: Colour, ground: Colour) => Colour} */
function over([r, g, b, alpha], [r2, g2, b2]) {
  const mixed = (/** @type {number} */ one, /** @type {number} */ other) => one * alpha + other * (1 - alpha);
  return [mixed(r, r2), mixed(g, g2), mixed(b, b2), 1];
}

/** @type {(one: Colour, other: Colour) => number} */
function contrastOf(one, other) {
  const [light = 0, dark = 0] = [luminanceOf(one), luminanceOf(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

/** @param {Colour} colour */
function luminanceOf([red, green, blue]) {
  const [r = 0, g = 0, b = 0] = [red, green, blue].map(each => each / 255).map(each => (each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

Object.assign(window, { checks: { answers, colours, figures, groups, focused, faults } });
