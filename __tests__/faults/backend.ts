import { startRedis, type RedisServer } from '../support/redis-server.js';
import type { RedisAddress } from './instance-messages.js';
import { openLink, type Link, type LinkMode } from './proxy.js';
import { ReplicaGroup } from './replica-group.js';

/** The servers of a run, and the ways of the instances to them. */
export interface Backend {
  /** Where this instance is to look for Redis. */
  addressFor(instance: string): Promise<RedisAddress>;
  /** The instance is gone. */
  forget?(instance: string): Promise<void>;
  /** Ports of those that should, at the end, hold all that was revoked. */
  keepers(): Promise<readonly number[]>;
  /** Process ids of its servers. */
  pids(): readonly number[];
  close(): Promise<void>;
}

/** Backends whose instances each have a way of their own to one server at a time. */
export class LinkedBackend implements Backend {
  readonly links = new Map<string, Link>();
  /** Who the instances are led to. */
  current: RedisServer;
  credentials: { readonly username?: string; readonly password?: string } = {};

  constructor(current: RedisServer) {
    this.current = current;
  }

  async addressFor(instance: string): Promise<RedisAddress> {
    const link = await openLink(this.current.port);
    this.links.set(instance, link);
    return { kind: 'single', port: link.port, ...this.credentials };
  }

  async forget(instance: string): Promise<void> {
    const link = this.links.get(instance);
    this.links.delete(instance);
    await link?.close();
  }

  async keepers(): Promise<readonly number[]> {
    return [this.current.port];
  }

  pids(): readonly number[] {
    return [this.current.pid];
  }

  async setLinks(mode: LinkMode): Promise<void> {
    await Promise.all([...this.links.values()].map(link => link.set(mode)));
  }

  /** As when the address of the primary now means another server. */
  leadTo(server: RedisServer): void {
    this.current = server;
    for (const link of this.links.values()) link.leadTo(server.port);
  }

  /** The same, where those who are connected stay connected: a name that is looked up anew, a load balancer. */
  leadNewTo(server: RedisServer): void {
    this.current = server;
    for (const link of this.links.values()) link.leadNewTo(server.port);
  }

  async close(): Promise<void> {
    await Promise.all([...this.links.values()].map(link => link.close()));
  }
}

export class SingleBackend extends LinkedBackend {
  override async close(): Promise<void> {
    await super.close();
    await this.current.stop();
  }
}

/** A primary and its replicas; the instances are led to whoever is the primary. */
export class ReplicatedBackend extends LinkedBackend {
  readonly group: ReplicaGroup;

  constructor(group: ReplicaGroup) {
    super(group.primary);
    this.group = group;
  }

  override pids(): readonly number[] {
    return this.group.servers.map(({ pid }) => pid);
  }

  override async close(): Promise<void> {
    await super.close();
    await this.group.stop();
  }
}

/** With an append-only file, as it should be; `args` come after it. */
const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'everysec'] as const;

export async function openSingle(...args: readonly string[]): Promise<SingleBackend> {
  return new SingleBackend(await startRedis({ args: [...DURABLE, ...args] }));
}

export async function openReplicated(replicas: number): Promise<ReplicatedBackend> {
  return new ReplicatedBackend(await ReplicaGroup.start(replicas, DURABLE));
}
