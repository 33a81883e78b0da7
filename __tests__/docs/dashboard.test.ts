import { DASHBOARD, EXPRESSIONS } from './support/observability-page.js';
import { faultOf } from './support/promql-grammar.js';

describe('The dashboard', () => {
  it('takes its data source from a variable', () => {
    expect(DASHBOARD.templating.list[0]).toMatchObject({ name: 'datasource', type: 'datasource', query: 'prometheus' });
    const sources = DASHBOARD.panels.flatMap(({ datasource, targets = [] }) => [datasource?.uid, ...targets.map(target => target.datasource.uid)]);
    expect(new Set(sources.filter(uid => uid !== undefined))).toEqual(new Set(['${datasource}']));
  });

  it('shows no panel twice, in the place of another, or without a question', () => {
    const ids = DASHBOARD.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const places = DASHBOARD.panels.flatMap(({ gridPos: { x, y, w, h } }) => Array.from({ length: w * h }, (_, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`));
    expect(new Set(places).size).toBe(places.length);
    expect(DASHBOARD.panels.filter(({ type, targets = [] }) => type !== 'row' && targets.length === 0).map(({ title }) => title)).toEqual([]);
  });

  it('has panels of kinds that Grafana has by itself, each with a unit and its data source, none wider than the page', () => {
    const units: readonly unknown[] = ['short', 'ops', 's', 'percentunit', 'bytes'];
    const odd = DASHBOARD.panels.filter(({ type, datasource, fieldConfig, gridPos: { x, y, w, h } }) => {
      const isPlaced = [x, y, w, h].every(Number.isInteger) && x >= 0 && y >= 0 && w > 0 && h > 0 && x + w <= 24;
      if (type === 'row') return !isPlaced;
      return !isPlaced || !['stat', 'timeseries'].includes(type) || !units.includes(fieldConfig?.defaults.unit) || datasource === undefined;
    });
    expect(odd.map(({ title }) => title)).toEqual([]);
  });

  it('names each question of a panel once, and each line by labels that its question keeps', () => {
    const odd = DASHBOARD.panels.flatMap(({ title, targets = [] }) => {
      const isTwice = new Set(targets.map(({ refId }) => refId)).size < targets.length;
      const lost = targets.flatMap(({ expr, legendFormat }) => {
        const kept = (/\bby \(([^)]*)\)/.exec(expr)?.[1] ?? '').split(',').map(label => label.trim());
        return [...legendFormat.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, label = '']) => label).filter(label => !kept.includes(label));
      });
      return isTwice || lost.length > 0 ? [`${title}: ${lost.join()}`] : [];
    });
    expect(odd).toEqual([]);
  });

  it.each([
    ['an open bracket', 'sum(rate(livetoken_checks_total[5m])'],
    ['one bracket too many', 'sum(livetoken_watches))'],
    ['a text without its end', 'livetoken_state{job=~"$job}'],
    ['a rate of no range', 'sum(rate(livetoken_checks_total))'],
    ['a range and nothing else', 'livetoken_checks_total[5m]'],
    ['a function that there is not', 'raet(livetoken_checks_total[5m])'],
    ['a pattern that is none', 'livetoken_state{livetoken_state=~"live("}'],
    ['a label without its value', 'livetoken_state{job}'],
    ['a unit of time that there is not', 'increase(livetoken_checks_total[5x])'],
    ['nothing to compare with', 'sum(livetoken_watches) >'],
  ])('would be refused with %s', (_, expression) => {
    expect(faultOf(expression)).toEqual(expect.any(String));
  });

  it('asks only for variables that it has', () => {
    const known = new Set(['__rate_interval', ...DASHBOARD.templating.list.map(({ name }) => name)]);
    const asked = EXPRESSIONS.flatMap(expression => [...expression.matchAll(/\$(\w+)/g)].map(([, name = '']) => name));
    expect(asked.filter(name => !known.has(name))).toEqual([]);
  });
});
