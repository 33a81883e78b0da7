import { byId, say } from './elements.js';
import { addToFeed, clearFeed } from './feed-view.js';
import { showLanes } from './lanes-view.js';
import { followOutcome } from './outcome.js';
import { showRedis } from './redis-switch.js';
import { setNames } from './revoke-dialog.js';
import { events, isSignedIn, ServerError } from './server.js';
import { showTree } from './tree-view.js';

/** @import { ConsoleEvents } from '../console-events.ts' */
/** @import { TimedAnswer } from './lanes-view.js' */
/** @import { OrganisationView } from '../tree.ts' */

const lanes = {
  /** @type {ConsoleEvents['lanes']['instances']} */
  instances: [],
  /** @type {ConsoleEvents['lanes']['tokens']} */
  tokens: [],
  /** @type {Map<string, TimedAnswer>[]} */
  answers: [],
  /** @type {readonly number[]} */
  calls: [],
  /** @type {import('./lanes-view.js').Lanes['figures']} */
  figures: { kind: 'revoke', ms: [] },
};

/** @type {{ [Name in keyof ConsoleEvents]: (data: ConsoleEvents[Name]) => void }} */
const HANDLERS = {
  store: ({ name, canSwitch }) => {
    byId('redis', HTMLElement).hidden = !canSwitch;
    byId('alone', HTMLElement).hidden = name !== 'memory';
  },
  redis: ({ isOn }) => { showRedis(isOn); },
  lanes: ({ instances, tokens, answers }) => {
    const before = lanes.answers;
    lanes.instances = instances;
    lanes.tokens = tokens;
    lanes.answers = answers.map((each, i) => new Map(Object.entries(each).map(([id, answer]) => [id, withMeasure(answer, before[i]?.get(id))])));
    drawSoon();
  },
  click: ({ kind }) => {
    lanes.figures = { kind, ms: [] };
    drawSoon();
  },
  answer: ({ instance, token, ...answer }) => {
    lanes.answers[instance]?.set(token, answer);
    // Answers come in the order in which they were given: the latest is the last.
    if (answer.afterMs !== undefined) lanes.figures.ms[instance] = answer.afterMs;
    drawSoon();
  },
  pulse: ({ calls, isStoreAway }) => {
    lanes.calls = calls;
    trouble(isStoreAway ? 'Redis does not answer. Instances refuse to guess (503), and who has tokens is shown as it was last known.' : '');
    drawSoon();
  },
  tree: tree => {
    setNames(new Map(namesIn(tree.organisations)));
    showTree(tree);
  },
  entries: ({ items, isBacklog }) => {
    if (isBacklog) clearFeed();
    addToFeed(items, isBacklog);
  },
};

const RETRY_MS = 1000;

/** Shows what the server tells, for as long as the operator is signed in. Resolves once that is over. */
export async function watch() {
  while (isSignedIn()) {
    try {
      for await (const { name, data } of events()) {
        const handle = /** @type {((data: unknown) => void) | undefined} */ (HANDLERS[/** @type {keyof ConsoleEvents} */ (name)]);
        handle?.(data);
      }
    } catch (error) {
      if (error instanceof ServerError && error.status === 401) return;
      // What the connection broke off with says no more than that it did.
      console.info(error);
    }
    if (!isSignedIn()) return;
    trouble('The connection to the demo was lost; trying again.');
    await new Promise(resolve => setTimeout(resolve, RETRY_MS));
  }
}

let isDrawing = false;

/** Many answers come at once, and one look at the lanes is enough for them all. */
export function drawSoon() {
  if (isDrawing) return;
  isDrawing = true;
  // Not for the next frame: a page in the background has none.
  setTimeout(() => {
    isDrawing = false;
    followOutcome(lanes);
    showLanes(lanes);
  });
}

/** @param {string} text */
function trouble(text) {
  say(byId('trouble', HTMLElement), text);
}

/** What was measured here the server does not know. @type {(answer: TimedAnswer, before: TimedAnswer | undefined) => TimedAnswer} */
function withMeasure(answer, before) {
  return before?.status === answer.status ? before : answer;
}

/** @type {(organisations: readonly OrganisationView[]) => [string, string][]} */
function namesIn(organisations) {
  return organisations.flatMap(({ id, name, children }) => [/** @type {[string, string]} */ ([id, name]), ...namesIn(children)]);
}
