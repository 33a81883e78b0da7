import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { interrupted } from './exit-status.js';

/**
 * Asks on the terminal and answers with what was typed; the question goes to stderr, because stdout may lead into a file.
 *
 * @param options `isHidden`: what is typed is not shown
 * @throws CommandFailure on Ctrl-C and Ctrl-D (rejects)
 */
export async function prompt(question: string, { isHidden = false }: { readonly isHidden?: boolean } = {}): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => { done(); } });
  // As a terminal, so that the line editor echoes and not the terminal itself, and can be made to echo nowhere.
  const lines = createInterface({ input: process.stdin, output: isHidden ? nowhere : process.stderr, terminal: true, prompt: question });
  lines.prompt();
  // Last: whoever sees the question may type.
  if (isHidden) process.stderr.write(question);
  try {
    return await new Promise<string>((resolve, reject) => {
      const giveUp = (): void => { reject(interrupted('Interrupted; nothing was done.')); };
      lines.once('line', resolve).once('SIGINT', giveUp).once('close', giveUp);
    });
  } finally {
    lines.close();
    if (isHidden) process.stderr.write('\n');
  }
}
