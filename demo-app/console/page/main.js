import { watch } from './board.js';
import { byId, say } from './elements.js';
import { sayOutcome } from './outcome.js';
import { prepareRedisSwitch } from './redis-switch.js';
import { prepareRevokeDialog } from './revoke-dialog.js';
import { post, ServerError, signIn, signOut } from './server.js';

/** @param {boolean} isSignedIn */
function show(isSignedIn) {
  byId('sign-in', HTMLElement).hidden = isSignedIn;
  for (const id of ['board', 'controls']) byId(id, HTMLElement).hidden = !isSignedIn;
}

/** @param {SubmitEvent} event */
async function enter(event) {
  event.preventDefault();
  const [name, password] = [byId('name', HTMLInputElement), byId('password', HTMLInputElement)];
  say(byId('sign-in-problem', HTMLElement), '');
  try {
    await signIn(name.value, password.value);
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    say(byId('sign-in-problem', HTMLElement), error.message);
    password.select();
    return;
  }
  password.value = '';
  show(true);
  byId('tree-title', HTMLElement).focus();
  await watch();
  leave();
}

function leave() {
  byId('revoke', HTMLDialogElement).close();
  sayOutcome('');
  show(false);
  byId('name', HTMLInputElement).focus();
}

async function bringBack() {
  try {
    await post('people');
    sayOutcome('Whoever was signed out is signed in again, with new tokens. The old ones stay dead.');
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    sayOutcome(error.message);
  }
}

byId('sign-in-form', HTMLFormElement).addEventListener('submit', event => { void enter(event); });
byId('sign-out', HTMLButtonElement).addEventListener('click', () => { void signOut(); });
byId('people', HTMLButtonElement).addEventListener('click', () => { void bringBack(); });
prepareRedisSwitch();
prepareRevokeDialog();
show(false);
byId('name', HTMLInputElement).focus();
