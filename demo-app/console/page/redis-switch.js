import { byId, say } from './elements.js';
import { sayOutcome } from './outcome.js';
import { post, ServerError } from './server.js';

const button = () => byId('redis-switch', HTMLButtonElement);

export function prepareRedisSwitch() {
  button().addEventListener('click', event => {
    if (button().getAttribute('aria-disabled') === 'true') return;
    void turn(button().getAttribute('aria-checked') !== 'true', event.timeStamp);
  });
}

/** @param {boolean} isOn */
export function showRedis(isOn) {
  button().setAttribute('aria-checked', String(isOn));
  say(byId('redis-state', HTMLElement), isOn ? 'on' : 'off');
}

/** @type {(on: boolean, clickedAtMs: number) => Promise<void>} */
async function turn(on, clickedAtMs) {
  // Not `disabled`, which would take the focus away.
  button().setAttribute('aria-disabled', 'true');
  try {
    const { isOn } = await post('redis', { isOn: on, clickedAgoMs: performance.now() - clickedAtMs });
    showRedis(isOn);
    sayOutcome(isOn ? 'Redis was started again, with its data.' : 'Redis was killed. Within a second no instance can tell any more who was revoked, and each refuses to guess.');
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    sayOutcome(error.message);
  } finally {
    button().removeAttribute('aria-disabled');
  }
}
