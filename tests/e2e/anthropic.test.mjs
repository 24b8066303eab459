import assert from 'node:assert/strict';
import { binary, clientKey, controls, emulator, gateway, leaveHeldStream, providerKey, readHeldStream, recordOf, sameAsDirect, sha256, test, unique } from './environment.mjs';
import Anthropic, { toFile } from '@anthropic-ai/sdk';

const through = new Anthropic({ apiKey: clientKey, baseURL: `${gateway}/p/anthropic`, maxRetries: 0 });
const direct = new Anthropic({ apiKey: providerKey, baseURL: `${emulator}/as/anthropic`, maxRetries: 0 });
const message = { model: 'claude-sonnet-4-5', max_tokens: 64, messages: [{ role: 'user', content: 'Grüße, 世界' }] };
const plain = (value) => JSON.parse(JSON.stringify(value));

test('lists models', async () => {
  const models = await sameAsDirect(direct, through, async (client) => plain((await client.models.list()).data));
  assert.ok(models.length > 0);
});

test('sends a message', async () => {
  const answer = await sameAsDirect(direct, through, async (client) => plain(await client.messages.create(message)));
  assert.equal(answer.type, 'message');
  assert.ok(answer.content[0].text.length > 0);
});

test('counts tokens', async () => {
  const { model, messages } = message;
  const answer = await sameAsDirect(direct, through, async (client) => plain(await client.messages.countTokens({ model, messages })));
  assert.ok(answer.input_tokens > 0);
});

test('streams a message piece by piece', async () => {
  const hold = unique('anthropic');
  const expected = [];
  for await (const event of await direct.messages.create({ ...message, stream: true })) expected.push(plain(event));
  const stream = await through.messages.create({ ...message, stream: true }, { headers: controls({ hold, hold_after: 1 }) });
  const events = await readHeldStream(stream, hold);
  assert.equal(events[0].type, 'message_start');
  assert.equal(events.at(-1).type, 'message_stop');
  assert.deepEqual(plain(events), expected);
});

test('uploads and downloads a file', async () => {
  const bytes = binary(2_000_000);
  const file = await through.beta.files.upload({ file: await toFile(bytes, 'data.bin', { type: 'application/octet-stream' }) });
  assert.equal(file.size_bytes, bytes.length);
  const content = await through.beta.files.download(file.id);
  assert.equal(sha256(Buffer.from(await content.arrayBuffer())), sha256(bytes));
});

test('keeps the client\'s own headers, and sets none twice', async () => {
  const marker = unique('marker');
  await through.messages.create(message, { headers: { 'anthropic-beta': 'context-1m-2025-08-07', 'X-Marker': marker } });
  const record = await recordOf('X-Marker', marker, () => true);
  const valuesOf = (name) => record.headers.filter(([n]) => n.toLowerCase() === name).map(([, value]) => value);
  assert.deepEqual(valuesOf('anthropic-beta'), ['context-1m-2025-08-07']);
  assert.deepEqual(valuesOf('anthropic-version'), ['2023-06-01']);
  assert.deepEqual(valuesOf('x-api-key'), [providerKey]);
  assert.deepEqual(record.flags, []);
});

test('surfaces the provider\'s error as its own error class', async () => {
  const wish = { headers: controls({ status: 529, body: '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}', header: 'request-id: req_123' }) };
  await assert.rejects(through.messages.create(message, wish), (error) => {
    assert.ok(error instanceof Anthropic.APIError, String(error));
    assert.equal(error.status, 529);
    assert.equal(error.error.error.type, 'overloaded_error');
    assert.equal(error.requestID, 'req_123');
    return true;
  });
});

test('surfaces the gateway\'s error as its own error class', async () => {
  const stranger = new Anthropic({ apiKey: 'slk_unknown', baseURL: `${gateway}/p/anthropic`, maxRetries: 0 });
  await assert.rejects(stranger.models.list(), (error) => {
    assert.ok(error instanceof Anthropic.AuthenticationError, String(error));
    assert.equal(error.status, 401);
    assert.equal(error.error.error.code, 'invalid_api_key');
    return true;
  });
});

test('an aborted stream is cancelled at the provider', async () => {
  const hold = unique('anthropic-abort');
  const stream = await through.messages.create({ ...message, stream: true }, { headers: controls({ hold, hold_after: 1 }) });
  await leaveHeldStream(stream, () => stream.controller.abort(), hold);
});
