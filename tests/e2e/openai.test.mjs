import assert from 'node:assert/strict';
import { binary, clientKey, emulator, gateway, plain, providerKey, recordOf, sameAsDirect, sha256, test, textOf, unique } from './environment.mjs';
import { proveLikeDirect } from './suite.mjs';
import OpenAI, { toFile } from 'openai';

const letters = 'Grüße-世界-😀';
const chat = { model: letters, messages: [{ role: 'user', content: 'Grüße, 世界' }] };
const urls = { gateway: `${gateway}/p/openai/v1`, provider: `${emulator}/as/openai/v1` };
const connect = ({ url, key, headers }) => new OpenAI({ baseURL: url, apiKey: key, defaultHeaders: headers, maxRetries: 0 });
const through = connect({ url: urls.gateway, key: clientKey });
const direct = connect({ url: urls.provider, key: providerKey });

function refused(error, status) {
  const kind = { 401: OpenAI.AuthenticationError, 429: OpenAI.RateLimitError }[status];
  assert.ok(error instanceof kind, String(error));
  assert.equal(error.status, status);
  assert.equal(error.code, { 401: 'invalid_api_key', 429: 'rate_limit_exceeded' }[status]);
}

const common = { url: (side) => urls[side], connect, letters, refused, headersOf: (error) => error.headers, streamType: 'text/event-stream' };

proveLikeDirect({
  ...common,
  name: 'openai chat',
  ask: async (client) => plain(await client.chat.completions.create(chat)),
  open: (client, signal) => client.chat.completions.create({ ...chat, stream: true }, { signal }),
  text: (pieces) => pieces.map((piece) => piece.choices[0]?.delta.content ?? '').join(''),
  streamBody: () => textOf('/as/openai/v1/chat/completions', { ...chat, stream: true }, { Authorization: `Bearer ${providerKey}` }),
});

const response = { model: letters, input: 'hello' };
proveLikeDirect({
  ...common,
  name: 'openai responses',
  ask: async (client) => plain(await client.responses.create(response)),
  open: (client, signal) => client.responses.create({ ...response, stream: true }, { signal }),
  text: (events) => events.filter((event) => event.type === 'response.output_text.delta').map((event) => event.delta).join(''),
  streamBody: () => textOf('/as/openai/v1/responses', { ...response, stream: true }, { Authorization: `Bearer ${providerKey}` }),
});

test('openai lists models', async () => {
  const models = await sameAsDirect(direct, through, async (client) => plain((await client.models.list()).data));
  assert.ok(models.length > 0);
});

test('openai embeds', async () => {
  const answer = await sameAsDirect(
      direct, through, async (client) => plain(await client.embeddings.create({ model: 'text-embedding-3-small', input: ['a', 'b'] })));
  assert.equal(answer.data.length, 2);
  assert.ok(answer.data[0].embedding.length > 1);
  assert.equal(typeof answer.data[0].embedding[0], 'number');
});

test('openai uploads and downloads a file', async () => {
  const bytes = binary(3_000_000);
  const file = await through.files.create({ file: await toFile(bytes, 'data.bin'), purpose: 'assistants' });
  assert.equal(file.bytes, bytes.length);
  const content = await through.files.content(file.id);
  assert.equal(sha256(Buffer.from(await content.arrayBuffer())), sha256(bytes));
});

test('openai uploads a hundred megabytes', async () => {
  const bytes = binary(100 << 20);
  const file = await through.files.create({ file: await toFile(bytes, 'big.bin'), purpose: 'batch' });
  assert.equal(file.bytes, bytes.length);
  assert.equal(file.sha256, sha256(bytes));
});

test('openai receives binary audio', async () => {
  const speech = { model: 'tts-1', voice: 'alloy', input: 'hello' };
  const hashOf = async (client) => sha256(Buffer.from(await (await client.audio.speech.create(speech)).arrayBuffer()));
  await sameAsDirect(direct, through, hashOf);
});

test('openai retries by itself after a 429', async () => {
  const marker = unique('marker');
  const patient = new OpenAI({ baseURL: urls.gateway, apiKey: clientKey, maxRetries: 1, defaultHeaders: { 'X-Marker': marker, 'X-Emulator-status': '429', 'X-Emulator-header': 'retry-after-ms%3A%201' } });
  await assert.rejects(patient.chat.completions.create(chat), (error) => {
    refused(error, 429);
    return true;
  });
  const record = await recordOf('X-Marker', marker, (r) => r.headers.some(([name, value]) => name.toLowerCase() === 'x-stainless-retry-count' && value === '1'));
  assert.equal(record.answer.status, 429);
});
