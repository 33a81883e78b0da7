#!/usr/bin/env node
import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { check } from './commands/check.js';
import { doctor } from './commands/doctor.js';
import { history } from './commands/history.js';
import { list } from './commands/list.js';
import { revoke } from './commands/revoke.js';
import { tail } from './commands/tail.js';
import { EXIT, type ExitStatus } from './exit-status.js';
import { describeFailure } from './failures.js';
import type { GlobalOptions, Handle } from './handler.js';
import { interruption } from './interruption.js';
import { Output } from './output.js';
import { withoutSecrets } from './secrets.js';

const COMMANDS = [revoke, check, list, history, tail, doctor];

const { version } = createRequire(import.meta.url)('livetoken/package.json') as { readonly version: string };

let status: ExitStatus = EXIT.done;
const signal = interruption(() => process.exit(EXIT.interrupted));

// Such as what a config file leaves behind. Node would show all of the error, and end with 1, which says that a token is refused.
process.on('uncaughtException', error => {
  new Output(false).failure(describeFailure(error).message);
  process.exit(EXIT.failed);
});

const handle: Handle = handler => async (...given) => {
  const command = given.at(-1) as Command;
  const options = command.optsWithGlobals<Parameters<typeof handler>[0]['options']>();
  const output = new Output((options as GlobalOptions).json === true);
  try {
    status = await handler({ args: command.args, options, output, signal });
  } catch (error) {
    const told = describeFailure(error);
    output.failure(told.message);
    status = told.status;
  }
};

const program = new Command('livetoken')
  .description('Revokes tokens, and says why one is refused: the revocations of an application that uses livetoken, from the command line.')
  .version(version)
  .option('--config <file>', 'module whose default export is the LiveTokens of the application, or a function that makes it')
  .option('--namespace <name>', 'without --config: namespace of the application (LIVETOKEN_NAMESPACE, "default")')
  .option('--organisation-claim <claim>', 'without --config: the claim that names the organisation of a token')
  .option('--no-organisation-claim', 'without --config: tokens name no organisation')
  .option('--organisations-claim <claim>', 'without --config: the claim that names further organisations of a token, whose revocations refuse it too')
  .option('--max-lifetime <seconds>', 'without --config: longest lifetime of any token')
  .option('--json', 'answer in JSON')
  .addHelpText('after', `
Without --config, LIVETOKEN_REDIS_URL says where the revocations are. docs/cli.md tells the rest.
Exit codes: 0 done, live, no danger; 1 refused, danger found; 2 wrong usage; 3 Redis unavailable; 4 failed; 130 interrupted.`)
  .configureHelp({ showGlobalOptions: true })
  .configureOutput({ outputError: (text, write) => { write(withoutSecrets(text)); } })
  .exitOverride();
for (const declare of COMMANDS) declare(program, handle);

try {
  await program.parseAsync();
} catch (error) {
  // Help and version end this way too; what was wrong has been said by now.
  if (!(error instanceof CommanderError)) throw error;
  status = error.exitCode === 0 ? EXIT.done : EXIT.usage;
}
// A config file may have opened connections that it does not close. On Windows a pipe is written to in the background.
process.stdout.write('', () => process.exit(status));
