import assert from 'node:assert/strict';
import { binary, clientKey, controls, emulator, gateway, plain, providerKey, recordOf, sameAsDirect, sha256, test, textOf, unique } from './environment.mjs';
import { proveLikeDirect } from './suite.mjs';
import Anthropic, { toFile } from '@anthropic-ai/sdk';

const letters = 'Grüße-世界-😀';
const message = { model: letters, max_tokens: 64, messages: [{ role: 'user', content: 'Grüße, 世界' }] };
const urls = { gateway: `${gateway}/p/anthropic`, provider: `${emulator}/as/anthropic` };
const connect = ({ url, key, headers }) => new Anthropic({ baseURL: url, apiKey: key, defaultHeaders: headers, maxRetries: 0 });
const through = connect({ url: urls.gateway, key: clientKey });
const direct = connect({ url: urls.provider, key: providerKey });

function refused(error, status) {
  const kind = { 401: Anthropic.AuthenticationError, 429: Anthropic.RateLimitError }[status];
  assert.ok(error instanceof kind, String(error));
  assert.equal(error.status, status);
  assert.equal(error.error.error.type, { 401: 'authentication_error', 429: 'rate_limit_error' }[status]);
}

proveLikeDirect({
  name: 'anthropic messages',
  url: (side) => urls[side],
  connect,
  ask: async (client) => plain(await client.messages.create(message)),
  open: (client, signal) => client.messages.create({ ...message, stream: true }, { signal }),
  text: (events) => events.filter((event) => event.type === 'content_block_delta').map((event) => event.delta.text).join(''),
  letters,
  refused,
  headersOf: (error) => error.headers,
  streamType: 'text/event-stream',
  streamBody: () => textOf('/as/anthropic/v1/messages', { ...message, stream: true }, { 'x-api-key': providerKey, 'anthropic-version': '2023-06-01' }),
});

test('anthropic lists models', async () => {
  const models = await sameAsDirect(direct, through, async (client) => plain((await client.models.list()).data));
  assert.ok(models.length > 0);
});

test('anthropic counts tokens', async () => {
  const { model, messages } = message;
  const answer = await sameAsDirect(direct, through, async (client) => plain(await client.messages.countTokens({ model, messages })));
  assert.ok(answer.input_tokens > 0);
});

test('anthropic\'s own accumulation of a stream', async () => {
  const final = await sameAsDirect(direct, through, async (client) => plain(await client.messages.stream(message).finalMessage()));
  assert.equal(final.stop_reason, 'end_turn');
  assert.ok(final.content[0].text.includes(letters));
});

test('anthropic uploads and downloads a file', async () => {
  const bytes = binary(2_000_000);
  const file = await through.beta.files.upload({ file: await toFile(bytes, 'data.bin', { type: 'application/octet-stream' }) });
  assert.equal(file.size_bytes, bytes.length);
  const content = await through.beta.files.download(file.id);
  assert.equal(sha256(Buffer.from(await content.arrayBuffer())), sha256(bytes));
});

test('anthropic keeps the client\'s own headers, and sets none twice', async () => {
  const marker = unique('marker');
  await through.messages.create(message, { headers: { 'anthropic-beta': 'context-1m-2025-08-07', 'X-Marker': marker } });
  const record = await recordOf('X-Marker', marker);
  const valuesOf = (name) => record.headers.filter(([n]) => n.toLowerCase() === name).map(([, value]) => value);
  assert.deepEqual(valuesOf('anthropic-beta'), ['context-1m-2025-08-07']);
  assert.deepEqual(valuesOf('anthropic-version'), ['2023-06-01']);
  assert.deepEqual(valuesOf('x-api-key'), [providerKey]);
  assert.deepEqual(record.flags, []);
});

test('anthropic surfaces an overload with its request id', async () => {
  const wish = { headers: controls({ status: 529, header: 'request-id: req_123' }) };
  await assert.rejects(through.messages.create(message, wish), (error) => {
    assert.ok(error instanceof Anthropic.InternalServerError, String(error));
    assert.equal(error.status, 529);
    assert.equal(error.error.error.type, 'overloaded_error');
    assert.equal(error.requestID, 'req_123');
    return true;
  });
});

test('anthropic reads why the gateway refused it', async () => {
  const stranger = connect({ url: urls.gateway, key: 'slk_unknown' });
  await assert.rejects(stranger.models.list(), (error) => error.error.error.code === 'invalid_api_key');
});
