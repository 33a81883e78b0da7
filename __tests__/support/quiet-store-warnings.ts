/**
 * The Redis servers of tests keep nothing on disk, and every store would say so. Whoever tests for these warnings listens for them,
 * or spies on what stands here.
 */
const { emitWarning } = process;

process.emitWarning = ((warning: string, options?: NodeJS.EmitWarningOptions): void => {
  if (options?.code !== 'LIVETOKEN_STORE') emitWarning.call(process, warning, options);
}) as typeof process.emitWarning;
