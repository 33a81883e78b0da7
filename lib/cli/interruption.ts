/**
 * Ctrl-C, a request to end, and a reader that has gone (`| head`): the command is asked to come to its end, and connections are closed.
 * Whoever presses Ctrl-C twice means now.
 */
export function interruption(endNow: () => never): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => {
    if (controller.signal.aborted) endNow();
    controller.abort();
  };
  process.on('SIGINT', abort);
  process.on('SIGTERM', abort);
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: Error) => {
      // Nobody reads any more. What is written from now on is lost, and that is all right.
      if ((error as { readonly code?: unknown }).code !== 'EPIPE') throw error;
      controller.abort();
    });
  }
  return controller.signal;
}
