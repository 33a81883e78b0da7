import { areFollowing } from '../support/replicated-redis.js';
import { startRedis, type RedisServer } from '../support/redis-server.js';
import { ask } from './ask.js';
import { openLink, type Link } from './proxy.js';

interface Member {
  readonly server: RedisServer;
  /** Its way to whoever is the primary. */
  readonly upstream: Link;
}

/** A primary and its replicas, none of which has its part for good: as an operator would run them, without Sentinels. */
export class ReplicaGroup {
  readonly #members: readonly Member[];
  #primary: RedisServer;

  private constructor(members: readonly Member[]) {
    this.#members = members;
    this.#primary = members[0]!.server;
  }

  /** Resolves once all replicas acknowledge. */
  static async start(replicas: number, args: readonly string[]): Promise<ReplicaGroup> {
    const members: Member[] = [];
    for (let i = 0; i <= replicas; i++) {
      const server = await startRedis({ args: ['--repl-diskless-sync-delay', '0', '--repl-timeout', '5', ...args] });
      members.push({ server, upstream: await openLink(members[0]?.server.port ?? server.port) });
    }
    const group = new ReplicaGroup(members);
    for (const { server, upstream } of members.slice(1)) await follow(server, upstream);
    await areFollowing(group.#primary, replicas);
    return group;
  }

  get primary(): RedisServer {
    return this.#primary;
  }

  get servers(): readonly RedisServer[] {
    return this.#members.map(({ server }) => server);
  }

  /** Nothing that the primary writes from here on reaches a replica, and neither end is told. */
  async holdReplication(): Promise<void> {
    await Promise.all(this.#members.map(({ upstream }) => upstream.set('blackhole')));
  }

  async releaseReplication(): Promise<void> {
    await Promise.all(this.#members.map(({ upstream }) => upstream.set('pass')));
  }

  /** Another one becomes the primary, with what it has; those that run follow it, except for the old one. Answers with it. */
  async promote(): Promise<RedisServer> {
    const old = this.#primary;
    const [chosen, ...others] = this.#members.filter(({ server }) => server !== old);
    this.#primary = chosen!.server;
    await ask(this.#primary.port, client => client.replicaof('NO', 'ONE'));
    for (const { upstream } of others) {
      upstream.leadTo(this.#primary.port);
      await upstream.set('pass');
    }
    return this.#primary;
  }

  /** The server, which runs, follows the primary from now on, whatever it was. */
  async rejoin(server: RedisServer): Promise<void> {
    const { upstream } = this.#members.find(member => member.server === server)!;
    upstream.leadTo(this.#primary.port);
    await upstream.set('pass');
    await follow(server, upstream);
  }

  /** Resolves once all replicas have what the primary has. */
  untilWhole(): Promise<void> {
    return areFollowing(this.#primary, this.#members.length - 1);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#members.flatMap(({ server, upstream }) => [server.stop(), upstream.close()]));
  }
}

async function follow(server: RedisServer, upstream: Link): Promise<void> {
  await ask(server.port, client => client.replicaof('127.0.0.1', upstream.port));
}
