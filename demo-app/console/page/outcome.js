import { byId, say } from './elements.js';
import { millisecondsOf, tokensOf } from './format.js';

// What came of the latest click, said once it is true of every instance.

/** @import { Lanes } from './lanes-view.js' */
/** @typedef {{ text: string, tokens: readonly string[] }} Revoked `tokens`: those among the called ones that it ended */

/** @type {Revoked | undefined} */
let revoked;

/** @type {Lanes | undefined} */
let known;

/** @param {string} text */
export function sayOutcome(text) {
  revoked = undefined;
  say(byId('result', HTMLElement), text);
}

/**
 * @param {string} name
 * @param {number | undefined} count
 * @param {readonly string[]} tokens
 */
export function sayRevoked(name, count, tokens) {
  const ended = count === undefined ? '' : `: ${tokensOf(count)} ended`;
  sayOutcome(`Revoked ${name}${ended}.`);
  revoked = { text: `Revoked ${name}${ended}.`, tokens };
  // The answers may have been quicker.
  if (known !== undefined) followOutcome(known);
}

/** @param {Lanes} lanes */
export function followOutcome(lanes) {
  known = lanes;
  const { instances, answers, figures } = lanes;
  if (revoked === undefined || revoked.tokens.length === 0) return;
  const { text, tokens } = revoked;
  if (!answers.every(each => tokens.every(id => each.get(id)?.status === 401))) return;
  const ms = figures.ms.filter(each => each !== undefined);
  const last = ms.length === 0 ? '' : `, the last one ${millisecondsOf(Math.max(...ms))} ms after the click`;
  sayOutcome(`${text} ${instances.length === 1 ? 'The instance refuses' : `All ${instances.length} instances refuse`} them${last}.`);
}
