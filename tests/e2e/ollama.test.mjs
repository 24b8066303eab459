import assert from 'node:assert/strict';
import { clientKey, emulator, gateway, plain, providerKey, test, textOf } from './environment.mjs';
import { proveLikeDirect } from './suite.mjs';
import { Ollama } from 'ollama';

const letters = 'Grüße-世界-😀';
const chat = { model: letters, messages: [{ role: 'user', content: 'Grüße, 世界' }] };
const urls = { gateway: `${gateway}/p/ollama`, provider: `${emulator}/as/ollama` };
const connect = ({ url, key, headers }) => new Ollama({ host: url, headers: { Authorization: `Bearer ${key}`, ...headers } });

// The class is not exported.
function refused(error, status) {
  assert.equal(error.name, 'ResponseError', String(error));
  assert.equal(error.status_code, status);
}

proveLikeDirect({
  name: 'ollama chat',
  url: (side) => urls[side],
  connect,
  ask: async (client) => plain(await client.chat(chat)),
  async open(client, signal) {
    signal.addEventListener('abort', () => client.abort());
    return client.chat({ ...chat, stream: true });
  },
  text: (pieces) => pieces.map((piece) => piece.message.content).join(''),
  letters,
  refused,
  streamType: 'application/x-ndjson',
  streamBody: () => textOf('/as/ollama/api/chat', { ...chat, stream: true }, { Authorization: `Bearer ${providerKey}` }),
});

test('ollama lists its models, and cannot pull one', async () => {
  const client = connect({ url: urls.gateway, key: clientKey });
  assert.ok((await client.list()).models.length > 0);
  await assert.rejects(client.pull({ model: 'x' }), (error) => {
    refused(error, 403);
    return true;
  });
});
