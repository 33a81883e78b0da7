// Talking to the server. The token is kept in this variable and nowhere else: it is gone with the page.

/** @type {string | undefined} */
let token;

export const isSignedIn = () => token !== undefined;

/** The server said no, or nobody could say anything. */
export class ServerError extends Error {
  /**
   * @param {number} status 0 where there was no answer
   * @param {string} message
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * @param {string} name
 * @param {string} password
 */
export async function signIn(name, password) {
  const answer = await post('sign-in', { name, password });
  token = String(answer['token']);
}

export async function signOut() {
  try {
    await post('sign-out');
  } finally {
    token = undefined;
  }
}

/**
 * @param {string} path
 * @param {object} [body]
 * @returns {Promise<Record<string, any>>} what it answers; empty where that is nothing
 */
export async function post(path, body = {}) {
  const response = await ask(path, { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } });
  return response.status === 204 ? {} : await response.json();
}

/**
 * Events as they come, until the server ends them. Not by EventSource, which could not send the token.
 *
 * @returns {AsyncGenerator<{ name: string, data: any }, void>}
 */
export async function* events() {
  const { body } = await ask('events', { cache: 'no-store' });
  if (body === null) return;
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (text + value).split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, name, data] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
      if (name !== undefined && data !== undefined) yield { name, data: JSON.parse(data) };
    }
  }
}

/**
 * @param {string} path
 * @param {RequestInit} request
 */
async function ask(path, request) {
  const authorization = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const headers = { ...request.headers, ...authorization };
  const response = await fetch(`/console/api/${path}`, { ...request, headers, credentials: 'omit' }).catch(() => undefined);
  if (response === undefined) throw new ServerError(0, 'The demo does not answer. Does it still run?');
  if (!response.ok) throw new ServerError(response.status, await reasonOf(response));
  return response;
}

/** @param {Response} response */
async function reasonOf(response) {
  if (response.status === 503) return 'Redis does not answer, so this cannot be done now. Try again once it is back.';
  const body = await response.json().catch(() => ({}));
  return `${String(body.error_description ?? `The demo answered ${response.status}`)}.`;
}
