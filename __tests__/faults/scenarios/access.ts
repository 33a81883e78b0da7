import { openSingle, type SingleBackend } from '../backend.js';
import { tell } from '../redis-commands.js';
import { scenario } from '../scenario.js';
import { APP_PASSWORD, CHANGED_PASSWORD } from '../secrets.js';

const APP = { username: 'app', password: APP_PASSWORD } as const;

async function openWithUser(): Promise<SingleBackend> {
  const backend = await openSingle();
  backend.credentials = APP;
  await tell(backend.current.port, ['ACL', 'SETUSER', APP.username, 'on', `>${APP.password}`, '~*', '&*', '+@all']);
  return backend;
}

/** What the instances may do at Redis is taken from them. */
export const ACCESS = [
  scenario({
    name: 'acl-revoked',
    fault: 'its rights are taken from the user of the instances (NOPERM)',
    open: openWithUser,
    begin: ({ backend }) => tell(backend.current.port, ['ACL', 'SETUSER', APP.username, '-@all']),
    holdMs: 2500,
    heal: ({ backend }) => tell(backend.current.port, ['ACL', 'SETUSER', APP.username, '+@all']),
  }),
  scenario({
    name: 'wrong-password',
    isLong: true,
    fault: 'the password is changed and the connections end (WRONGPASS)',
    open: openWithUser,
    begin: ({ backend }) => tell(backend.current.port, ['ACL', 'SETUSER', APP.username, 'resetpass', `>${CHANGED_PASSWORD}`], ['CLIENT', 'KILL', 'USER', APP.username]),
    holdMs: 2500,
    heal: ({ backend }) => tell(backend.current.port, ['ACL', 'SETUSER', APP.username, 'resetpass', `>${APP.password}`]),
  }),
];
