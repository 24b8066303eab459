import assert from 'node:assert/strict';
import { clientKey, emulator, gateway, plain, providerKey, sameAsDirect, test, textOf } from './environment.mjs';
import { proveLikeDirect } from './suite.mjs';
import Groq from 'groq-sdk';

const letters = 'Grüße-世界-😀';
const chat = { model: letters, messages: [{ role: 'user', content: 'Grüße, 世界' }] };
// This client writes openai/v1/ itself.
const urls = { gateway: `${gateway}/p/groq`, provider: `${emulator}/as/groq` };
const connect = ({ url, key, headers }) => new Groq({ baseURL: url, apiKey: key, defaultHeaders: headers, maxRetries: 0 });

proveLikeDirect({
  name: 'groq chat',
  url: (side) => urls[side],
  connect,
  ask: async (client) => plain(await client.chat.completions.create(chat)),
  open: (client, signal) => client.chat.completions.create({ ...chat, stream: true }, { signal }),
  text: (pieces) => pieces.map((piece) => piece.choices[0]?.delta.content ?? '').join(''),
  letters,
  refused(error, status) {
    const kind = { 401: Groq.AuthenticationError, 429: Groq.RateLimitError }[status];
    assert.ok(error instanceof kind, String(error));
    assert.equal(error.status, status);
    assert.equal(error.error.error.code, { 401: 'invalid_api_key', 429: 'rate_limit_exceeded' }[status]);
  },
  headersOf: (error) => new Headers(error.headers),
  streamType: 'text/event-stream',
  streamBody: () => textOf('/as/groq/openai/v1/chat/completions', { ...chat, stream: true }, { Authorization: `Bearer ${providerKey}` }),
});

test('groq lists models', async () => {
  const clients = Object.entries(urls).map(([side, url]) => connect({ url, key: side === 'gateway' ? clientKey : providerKey }));
  const models = await sameAsDirect(clients[1], clients[0], async (client) => plain((await client.models.list()).data));
  assert.ok(models.length > 0);
});
