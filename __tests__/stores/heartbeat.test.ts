import { StoreUnavailableError } from '../../lib/errors.js';
import { Heartbeat } from '../../lib/stores/redis/heartbeat.js';
import { rejection } from './support/settling.js';
import { until } from './support/until.js';

const EVERY_MS = 5;

/** A server in this process: how often it was looked at and asked to prove itself, and what has been proved. */
class Server {
  looks = 0;
  beats = 0;
  proven = 0;
  isProven = false;
  look: () => Promise<void> = async () => undefined;
  beat: () => Promise<void> = async () => { this.proven += 1; };

  readonly options = {
    everyMs: EVERY_MS,
    look: async () => {
      this.looks += 1;
      await this.look();
      return { incarnation: 'one', beat: this.proven, proven: this.proven, torn: undefined, lost: undefined, logLength: 0, isProven: this.isProven };
    },
    beat: async () => {
      this.beats += 1;
      await this.beat();
    },
    unproven: () => new StoreUnavailableError('It has not proved itself.'),
  };

  async looked(times: number): Promise<void> {
    const before = this.looks;
    await until(() => this.looks >= before + times);
  }
}

const away = (): Promise<never> => Promise.reject(new StoreUnavailableError('It is away.'));

let server: Server;
const started: Heartbeat[] = [];
const unhandled: unknown[] = [];
const keep = (error: unknown): void => { unhandled.push(error); };

function start(everyMs = EVERY_MS): Heartbeat {
  const heartbeat = new Heartbeat({ ...server.options, everyMs });
  started.push(heartbeat);
  return heartbeat;
}

beforeEach(() => {
  server = new Server();
  process.on('unhandledRejection', keep);
});

afterEach(async () => {
  for (const each of started.splice(0)) each.stop();
  await new Promise(setImmediate);
  process.off('unhandledRejection', keep);
  expect(unhandled.splice(0)).toStrictEqual([]);
});

describe('A heartbeat', () => {
  test('asks for a proof when nobody has proved anything since the last look, and not at the first look', async () => {
    start();

    await until(() => server.beats >= 3);

    expect(server.looks).toBeGreaterThan(server.beats);
  });

  test('asks for none while others prove it', async () => {
    server.look = async () => { server.proven += 1; };
    start();

    await server.looked(10);

    expect(server.beats).toBe(0);
  });

  test('begins to once the others have stopped', async () => {
    server.look = async () => { server.proven += 1; };
    start();
    await server.looked(3);

    server.look = async () => undefined;

    await until(() => server.beats > 0);
  });

  test('has one proof under way at a time, and goes on looking meanwhile', async () => {
    let finish: () => void = () => undefined;
    server.beat = () => new Promise(resolve => { finish = resolve; });
    start();
    await until(() => server.beats === 1);

    await server.looked(10);
    expect(server.beats).toBe(1);

    finish();
    await until(() => server.beats === 2);
  });

  test('goes on after a look that nobody answered, and asks for no proof for that', async () => {
    server.look = away;
    start();
    await server.looked(5);
    expect(server.beats).toBe(0);

    server.look = async () => undefined;

    await until(() => server.beats > 0);
  });

  test('goes on after a proof that failed', async () => {
    server.beat = away;
    start();

    await until(() => server.beats >= 3);
  });

  test('ends when it is stopped, in the midst of a look too', async () => {
    const [idle, looking] = [start(), start()];
    let finish: () => void = () => undefined;
    server.look = () => new Promise(resolve => { finish = resolve; });
    await server.looked(2);
    idle.stop();
    looking.stop();
    const { looks } = server;

    finish();
    // More than another one would take to look again.
    const other = new Server();
    const running = new Heartbeat(other.options);
    started.push(running);
    await other.looked(5);

    expect(server.looks).toBe(looks);
  });
});

describe('Until a server has proved itself', () => {
  const NEVER_MS = 3_600_000;

  test('it is asked to, and looked at again', async () => {
    server.beat = async () => { server.isProven = server.beats === 3; };

    await start(NEVER_MS).untilProven(10_000);

    expect(server).toMatchObject({ beats: 3, looks: 4 });
  });

  test('it is not asked to where it has already', async () => {
    server.isProven = true;

    await start(NEVER_MS).untilProven(10_000);

    expect(server.beats).toBe(0);
  });

  test('whoever may not ask it waits for the beat of another', async () => {
    server.beat = async () => {
      server.isProven = server.beats === 3;
      await away();
    };

    await start(NEVER_MS).untilProven(10_000);

    expect(server.beats).toBe(3);
  });

  test('that is waited for as long as was said, and what keeps it from that is told', async () => {
    server.beat = away;

    expect((await rejection(start(NEVER_MS).untilProven(50))).message).toBe('It is away.');
    expect(server.beats).toBeGreaterThan(1);
  });

  test('and so does a proof that always comes too late', async () => {
    expect((await rejection(start(NEVER_MS).untilProven(50))).message).toBe('It has not proved itself.');
    expect(server.beats).toBeGreaterThan(1);
  });

  test('a look that nobody answers is told at once', async () => {
    server.look = away;

    expect((await rejection(start(NEVER_MS).untilProven(10_000))).message).toBe('It is away.');
    expect(server.looks).toBe(1);
  });
});
