import { spawn } from 'node:child_process';

export interface Leash {
  /** The process to end; none once it has ended by itself, since its id may be somebody else's later. */
  hold(pid?: number): void;
  release(): void;
}

/**
 * Ends a process and removes its directory when this process ends, however it ends. Jest kills its workers outright,
 * so an exit handler would not do; but the kernel closes a dead process's pipes, and the shell waits for that.
 */
export function leash(directory: string): Leash {
  const script = 'while read -r next; do pid=$next; done; [ -z "$pid" ] || kill -9 "$pid"; rm -rf "$1"';
  const shell = spawn('sh', ['-c', script, 'leash', directory], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true, // out of reach of the terminal's Ctrl-C
  });
  shell.unref();
  return {
    hold(pid) {
      shell.stdin.write(`${pid ?? ''}\n`);
    },
    release() {
      shell.kill('SIGKILL');
    },
  };
}
