import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { StoreUnavailableError } from '../../lib/errors.js';
import { Circuit } from '../../lib/stores/redis/circuit.js';
import { rejection } from './support/settling.js';
import { until } from './support/until.js';

const OPTIONS = { deadlineMs: 20, address: 'Redis here' };

/** A server that hangs until it is told otherwise, and counts what it is asked. */
function server(): { ask: () => Promise<string>; asked: () => number; resume: () => void } {
  let asked = 0;
  let hangs = true;
  return {
    ask: () => {
      asked += 1;
      return hangs ? new Promise(() => undefined) : Promise.resolve('an answer');
    },
    asked: () => asked,
    resume: () => { hangs = false; },
  };
}

async function askTimes(circuit: Circuit, ask: () => Promise<unknown>, times: number): Promise<readonly Error[]> {
  return Promise.all(Array.from({ length: times }, () => rejection(circuit.ask(ask))));
}

afterEach(() => { jest.restoreAllMocks(); });

describe('A server that does not answer', () => {
  test('is given up at the deadline', async () => {
    const error = await rejection(new Circuit(OPTIONS).ask(server().ask));

    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(error.message).toBe('Redis here cannot answer (timed out).');
  });

  test('is not asked any more after five that it left without an answer, and whoever asks is refused at once', async () => {
    const [circuit, silent] = [new Circuit(OPTIONS), server()];
    await askTimes(circuit, silent.ask, 5);

    const errors = await askTimes(circuit, silent.ask, 100);

    expect(silent.asked()).toBe(5);
    expect(new Set(errors.map(({ message }) => message))).toEqual(new Set(['Redis here cannot answer (it did not answer a moment ago).']));
  });

  test('is asked by one at a time after a pause, and by all again once it answers', async () => {
    const [circuit, silent] = [new Circuit(OPTIONS), server()];
    await askTimes(circuit, silent.ask, 5);
    await until(async () => {
      await askTimes(circuit, silent.ask, 10);
      return silent.asked() > 5;
    });
    expect(silent.asked()).toBe(6);

    silent.resume();

    await until(() => circuit.ask(silent.ask).then(() => true, () => false));
    expect(await Promise.all(Array.from({ length: 50 }, () => circuit.ask(silent.ask)))).toEqual(Array(50).fill('an answer'));
  });

  test('is asked less and less often, and never less than twice a second', async () => {
    let nowMs = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => nowMs);
    const [circuit, silent] = [new Circuit(OPTIONS), server()];
    await askTimes(circuit, silent.ask, 5);
    const pausesMs: number[] = [];
    for (let lastMs = nowMs; pausesMs.length < 6; nowMs += 10) {
      const before = silent.asked();
      await askTimes(circuit, silent.ask, 1);
      if (silent.asked() === before) continue;
      pausesMs.push(nowMs - lastMs);
      lastMs = nowMs;
    }

    const { deadlineMs } = OPTIONS;
    expect(pausesMs).toEqual([100, ...[100, 200, 400, 500, 500].map(pauseMs => pauseMs + deadlineMs)]);
  });

  test('is asked at once over a new connection', async () => {
    const [circuit, silent] = [new Circuit(OPTIONS), server()];
    await askTimes(circuit, silent.ask, 5);
    silent.resume();

    circuit.close();

    expect(await circuit.ask(silent.ask)).toBe('an answer');
  });
});

test('A server that answers now and then is asked all the time', async () => {
  const circuit = new Circuit(OPTIONS);
  const silent = server();
  for (let round = 0; round < 3; round++) {
    await askTimes(circuit, silent.ask, 4);
    expect(await circuit.ask(async () => 'an answer')).toBe('an answer');
  }
  expect(silent.asked()).toBe(12);
});

test('A server that answers with errors answers', async () => {
  const circuit = new Circuit(OPTIONS);
  const refuse = async (): Promise<never> => { throw new Error('WRONGTYPE'); };
  for (let round = 0; round < 10; round++) {
    const errors = await askTimes(circuit, refuse, 5);
    expect(new Set(errors.map(({ message }) => message))).toEqual(new Set(['WRONGTYPE']));
  }
});

test('A busy process is not mistaken for a server that hangs', async () => {
  const circuit = new Circuit(OPTIONS);
  // Is there long before the deadline, but is read only after the loop has looked at its timers, as what comes over a socket.
  const answer = async (): Promise<string> => promisify(randomBytes)(1).then(() => 'an answer');
  for (let round = 0; round < 8; round++) {
    const asked = circuit.ask(answer);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);
    expect(await asked).toBe('an answer');
  }
});
