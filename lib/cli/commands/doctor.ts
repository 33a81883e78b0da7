import { isUnavailable } from '../../errors.js';
import { describeAddress } from '../../stores/redis/connections.js';
import { redisKeys } from '../../stores/redis/keys.js';
import { askServer } from '../../stores/redis/server-report.js';
import { type Connection, withConnection } from '../connect.js';
import { diagnose } from '../doctor/diagnosis.js';
import { namespaceFigures, type NamespaceFigures } from '../doctor/namespace-figures.js';
import { report, type Examined } from '../doctor/report.js';
import { serverFigures, type ServerFigures } from '../doctor/server-figures.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import type { Declare, Run } from '../handler.js';
import { patiently } from '../patience.js';
import { openRaw } from '../raw-redis.js';
import { instantOrNull } from '../words.js';

export const doctor: Declare = (program, handle) => {
  program
    .command('doctor')
    .description('Look at the Redis that keeps the revocations: what endangers them and what to do about it, and what they take. Without --config it writes nothing.')
    .action(handle(run));
};

async function run({ options, output, signal }: Run): Promise<ExitStatus> {
  const examined = await withConnection({ options, output, signal, tellsDangers: true }, async connection => {
    const { live, namespace, redis } = connection;
    const address = redis === undefined ? 'Redis' : describeAddress(redis);
    const figures = redis === undefined ? {} : await lookIfItAnswers(redis, connection, { output, signal });
    const findings = diagnose(live.health().warnings ?? [], { ...(figures.server && { server: figures.server }), ...(figures.figures && { namespace: figures.figures }) }, { address, namespace });
    return { hasClient: redis !== undefined, address, namespace, findings, ...figures };
  });
  output.answer(document(examined), report(examined, output));
  if (!examined.hasClient) {
    output.note('For the figures the config file has to export the client that the store is made from too: export const redis = new Redis(...).');
  }
  return examined.findings.some(({ level }) => level === 'danger') ? EXIT.refused : EXIT.done;
}

interface Figures { readonly server?: ServerFigures; readonly figures?: NamespaceFigures }

/** What the store warns of is worth telling also where the figures cannot be had: of a Sentinel, or a node that has other keys. */
async function lookIfItAnswers(redis: NonNullable<Connection['redis']>, connection: Connection, { output, signal }: Pick<Run, 'output' | 'signal'>): Promise<Figures> {
  try {
    return await patiently(() => look(redis, connection, { output, signal }));
  } catch (error) {
    const isDangerous = connection.live.health().warnings?.some(({ refuses }) => refuses) === true;
    if (!isUnavailable(error) || !isDangerous) throw error;
    output.note(`There are no figures: ${error.message}`);
    return {};
  }
}

async function look(redis: NonNullable<Connection['redis']>, { namespace }: Connection, { output, signal }: Pick<Run, 'output' | 'signal'>): Promise<Figures> {
  const raw = await openRaw(redis);
  try {
    const server = await raw.ask(async connection => serverFigures(await askServer(connection, redisKeys(namespace).state, [], describeAddress(redis)), connection));
    return { server, figures: await namespaceFigures({ raw, namespace, output, signal }) };
  } finally {
    raw.close();
  }
}

/** Times as instants; all else as it was found. */
function document({ address, namespace, findings, server, figures }: Examined): Readonly<Record<string, unknown>> {
  return {
    ...{ address, namespace, findings },
    ...(server !== undefined && { server: withInstants({ ...server }, { lastSnapshotAtMs: 'lastSnapshotAt' }) }),
    ...(figures !== undefined && {
      figures: withInstants({ ...figures }, { oldestAuditAtMs: 'oldestAuditAt', newestAuditAtMs: 'newestAuditAt', tornUntilMs: 'tornUntil' }),
    }),
  };
}

function withInstants(fields: Readonly<Record<string, unknown>>, names: Readonly<Record<string, string>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => (names[name] === undefined ? [name, value] : [names[name], instantOrNull(value as number)])));
}
