// Mistral has no preset of its own: preset `custom` and a base URL are enough.
import assert from 'node:assert/strict';
import { emulator, gateway, plain, providerKey, textOf } from './environment.mjs';
import { proveLikeDirect } from './suite.mjs';
import { HTTPClient, Mistral } from '@mistralai/mistralai';
import { MistralError } from '@mistralai/mistralai/models/errors/index.js';

const letters = 'Grüße-世界-😀';
const chat = { model: letters, messages: [{ role: 'user', content: 'Grüße, 世界' }] };
const urls = { gateway: `${gateway}/p/mistral`, provider: emulator };

function connect({ url, key, headers }) {
  const httpClient = new HTTPClient();
  httpClient.addHook('beforeRequest', (request) => {
    for (const [name, value] of Object.entries(headers ?? {})) request.headers.set(name, value);
    return request;
  });
  return new Mistral({ apiKey: key, serverURL: url, httpClient, retryConfig: { strategy: 'none' } });
}

proveLikeDirect({
  name: 'mistral chat',
  url: (side) => urls[side],
  connect,
  ask: async (client) => plain(await client.chat.complete(chat)),
  open: (client, signal) => client.chat.stream(chat, { signal }),
  text: (pieces) => pieces.map((piece) => piece.data.choices[0]?.delta.content ?? '').join(''),
  letters,
  refused(error, status) {
    assert.ok(error instanceof MistralError, String(error));
    assert.equal(error.statusCode, status);
    assert.equal(JSON.parse(error.body).error.code, { 401: 'invalid_api_key', 429: 'rate_limit_exceeded' }[status]);
  },
  headersOf: (error) => error.headers,
  streamType: 'text/event-stream',
  streamBody: () => textOf('/v1/chat/completions', { ...chat, stream: true }, { Authorization: `Bearer ${providerKey}` }),
});
