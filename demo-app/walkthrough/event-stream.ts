export interface StreamEvent {
  readonly name: string;
  readonly data: string;
}

/** Server-sent events as they come, of the simple form that the demo sends: a name and one line of data. */
export async function* readEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<StreamEvent, undefined> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    const blocks = (text + decoder.decode(chunk, { stream: true })).split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) yield { name: field(block, 'event'), data: field(block, 'data') };
  }
  return undefined;
}

function field(block: string, name: string): string {
  return new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
}
