import { readFileSync } from 'node:fs';
import path from 'node:path';

const read = (name: string): string => readFileSync(path.join(__dirname, '../..', name), 'utf8');
const page = read('docs/reliability.md');
const section = page.slice(page.indexOf('## Every fault, measured'), page.indexOf('## Redis for this'));
const legend = section.slice(0, section.indexOf('<!-- faults:begin -->'));

describe('docs/reliability.md', () => {
  it('names the rights that a Cluster takes besides, which a test shows to be enough', () => {
    const [, rights = 'none'] = /\$\{WRITER\} (\+cluster\S+(?: \+\S+)*)`/.exec(read('__tests__/stores/redis-rights.test.ts')) ?? [];
    expect(page).toContain(`On a Cluster add \`${rights}\` to both users, on every node.`);
  });

  it('names the right that onDisk takes besides, which is for the command that is sent then', () => {
    const [, command = 'none'] = /onDisk \? \['call', '(\w+)'/.exec(read('lib/stores/redis/acknowledged.ts')) ?? [];
    expect(page).toContain(`With \`onDisk: true\` add \`+${command.toLowerCase()}\` to the writer.`);
    expect(page.match(/^ACL SETUSER .*$/gm)?.filter(line => line.includes(`+${command.toLowerCase()} `))).toEqual([]);
  });

  it('says what each column of its table means', () => {
    const [, head = ''] = /<!-- faults:begin -->\n\| (.+) \|\n/.exec(page) ?? [];
    const explained = [...legend.matchAll(/^\| (.+) \| .+ \|$/gm)].flatMap(([, names = '']) => names.split(', '));
    expect(explained).toEqual(['column', ...head.split(' | ').slice(1)]);
  });

  it('says what each invariant is that it names', () => {
    const named = new Set([...section.matchAll(/\bI\d+\b/g)].map(([name]) => name));
    expect([...legend.matchAll(/\*\*(I\d+)\*\*: /g)].map(([, name = '']) => name).sort()).toEqual([...named].sort());
  });
});
