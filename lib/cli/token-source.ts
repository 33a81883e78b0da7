import { badUsage } from './exit-status.js';
import type { Output } from './output.js';
import { prompt } from './prompt.js';

const MAX_BYTES = 1_048_576;

/**
 * The token that a command is about: from the argument, the environment, standard input, or the keyboard. It is not shown anywhere.
 *
 * @throws CommandFailure (rejects)
 */
export async function readToken(argument: string | undefined, output: Output): Promise<string> {
  const { LIVETOKEN_TOKEN: inEnvironment = '' } = process.env;
  const given = await rawToken(argument, inEnvironment, output);
  // As it stands in a header, or as it was copied.
  const token = given.trim().replace(/^Bearer +/i, '');
  if (token === '') throw badUsage('There is no token. Give it in LIVETOKEN_TOKEN, on standard input, or at the prompt of a terminal.');
  return token;
}

async function rawToken(argument: string | undefined, inEnvironment: string, output: Output): Promise<string> {
  if (argument !== undefined && argument !== '-') {
    output.note('Note: a token on the command line stays in the history of the shell, and others on this machine see it in the list of processes. LIVETOKEN_TOKEN, standard input and the prompt are safer.');
    return argument;
  }
  if (argument === undefined && inEnvironment !== '') return inEnvironment;
  if (process.stdin.isTTY) return prompt('Token (is not shown): ', { isHidden: true });
  return readInput();
}

async function readInput(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) {
    text += chunk as string;
    if (text.length > MAX_BYTES) throw badUsage('What came on standard input is too long for a token.');
  }
  return text;
}
