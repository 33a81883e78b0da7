/** What a worker can be asked, by name. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- with `never` or `unknown` no function of one argument would fit
export type Answers = Readonly<Record<string, (input: any) => unknown>>;

export interface Question {
  readonly id: number;
  readonly name: string;
  readonly input: unknown;
}

export type Answer = { readonly id: number; readonly result: unknown } | { readonly id: number; readonly error: string };

/** Answers the questions of the process that started this one, and ends with it. */
export function serveWorker(answers: Answers): void {
  process.on('message', ({ id, name, input }: Question) => {
    // The name comes from the process that started this one.
    const answer = answers[name];
    void Promise.resolve()
      .then(() => {
        if (answer === undefined) throw new TypeError(`No such question: ${name}`);
        return answer(input);
      })
      .then(
        result => ({ id, result }),
        (error: unknown) => ({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
      )
      .then((reply: Answer) => process.send?.(reply));
  });
  // Ending by `exit` lets a profile be written.
  process.once('disconnect', () => process.exit(0));
}
