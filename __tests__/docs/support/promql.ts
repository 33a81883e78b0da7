/** What an expression of Prometheus names. Read by hand: it is about names, not about what is computed. */
export interface Named {
  /** Each as a pattern for the whole name. */
  readonly metrics: readonly RegExp[];
  readonly labels: readonly string[];
  /** What labels are compared with, alternatives apart. Variables of Grafana are left out. */
  readonly values: readonly (readonly [label: string, value: string])[];
}

const MATCHER = /(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g;

export function namedIn(expression: string): Named {
  const matchers = [...expression.matchAll(/\{([^}]*)\}/g)].flatMap(([, inner = '']) => [...inner.matchAll(MATCHER)].map(([, label = '', , value = '']) => [label, value] as const));
  const grouped = [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, inner = '']) => inner.split(',').map(label => label.trim()));
  const bare = expression.replaceAll(/\{[^}]*\}/g, ' ').replaceAll(/\bby \([^)]*\)/g, ' ').match(/\blivetoken_\w+/g) ?? [];
  const byName = matchers.filter(([label]) => label === '__name__').map(([, pattern]) => pattern);
  const others = matchers.filter(([label, value]) => label !== '__name__' && !value.startsWith('$'));
  return {
    metrics: [...bare, ...byName].map(name => new RegExp(`^(?:${name})$`)),
    labels: [...new Set([...grouped, ...matchers.map(([label]) => label)])].filter(label => label !== '__name__'),
    values: others.flatMap(([label, value]) => value.split('|').map(each => [label, each] as const)),
  };
}

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The text format of Prometheus, as far as metrics of this package need it. */
export function samplesOf(exposition: string): readonly Sample[] {
  const lines = exposition.split('\n').filter(line => line !== '' && !line.startsWith('#'));
  return lines.map(line => {
    const [, name = '', inner = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    const labels = Object.fromEntries([...inner.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = '', text = '']) => [label, text]));
    return { name, labels, value: Number(value.replace('+Inf', 'Infinity')) };
  });
}
