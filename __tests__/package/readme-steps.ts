/** What the README says to do under "Add it to your app", word for word. */
export interface ReadmeSteps {
  readonly install: string;
  readonly program: string;
  readonly start: string;
  readonly use: string;
  /** Commands in the text, in their order: they compile the program as TypeScript. */
  readonly compile: readonly string[];
  /** What the program is to be called there. */
  readonly typescriptFile: string;
}

/** @throws Error where the README says something else, or something more */
export function stepsIn(readme: string): ReadmeSteps {
  const section = /^## Add it to your app\n(.*?)^## /ms.exec(readme)?.[1] ?? '';
  const [install, start, use, ...others] = blocksIn(section, 'sh');
  const [program] = blocksIn(section, 'ts');
  const typescript = section.split('\n\n').find(paragraph => paragraph.startsWith('**TypeScript**')) ?? '';
  const compile = [...typescript.matchAll(/`(np[mx] [^`]+)`/g)].map(([, command = '']) => command);
  const typescriptFile = /`(app\.\w*ts)`/.exec(typescript)?.[1];
  if (install === undefined || start === undefined || use === undefined || program === undefined || others.length > 0) {
    throw new Error('The README no longer says how to install, start and use it, in this order.');
  }
  if (typescriptFile === undefined || compile.length === 0) throw new Error('The README no longer says how to compile it as TypeScript.');
  return { install, program, start, use, compile, typescriptFile };
}

/** All blocks of code in a language, or in any. */
export function blocksIn(text: string, language = '\\w*'): readonly string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, code = '']) => code);
}
