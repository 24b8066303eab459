import assert from 'node:assert/strict';
import { binary, clientKey, controls, emulator, gateway, leaveHeldStream, providerKey, readHeldStream, sameAsDirect, sha256, test, unique } from './environment.mjs';
import OpenAI, { toFile } from 'openai';

const through = new OpenAI({ apiKey: clientKey, baseURL: `${gateway}/p/openai/v1`, maxRetries: 0 });
const direct = new OpenAI({ apiKey: providerKey, baseURL: `${emulator}/as/openai/v1`, maxRetries: 0 });
const chat = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Grüße, 世界' }] };
const plain = (value) => JSON.parse(JSON.stringify(value));

test('lists models', async () => {
  const models = await sameAsDirect(direct, through, async (client) => plain((await client.models.list()).data));
  assert.ok(models.length > 0);
});

test('chats', async () => {
  const answer = await sameAsDirect(direct, through, async (client) => plain(await client.chat.completions.create(chat)));
  assert.equal(answer.object, 'chat.completion');
  assert.ok(answer.choices[0].message.content.length > 0);
});

test('streams a chat piece by piece', async () => {
  const hold = unique('openai');
  const expected = [];
  for await (const piece of await direct.chat.completions.create({ ...chat, stream: true })) expected.push(plain(piece));
  const stream = await through.chat.completions.create(
      { ...chat, stream: true }, { headers: controls({ hold, hold_after: 1 }) });
  const pieces = await readHeldStream(stream, hold);
  assert.ok(pieces.length > 2);
  assert.deepEqual(plain(pieces), expected);
});

test('embeds', async () => {
  const answer = await sameAsDirect(
      direct, through, async (client) => plain(await client.embeddings.create({ model: 'text-embedding-3-small', input: ['a', 'b'] })));
  assert.equal(answer.data.length, 2);
  assert.ok(answer.data[0].embedding.length > 1);
  assert.equal(typeof answer.data[0].embedding[0], 'number');
});

test('uploads and downloads a file', async () => {
  const bytes = binary(3_000_000);
  const file = await through.files.create({ file: await toFile(bytes, 'data.bin'), purpose: 'assistants' });
  assert.equal(file.bytes, bytes.length);
  const content = await through.files.content(file.id);
  assert.equal(sha256(Buffer.from(await content.arrayBuffer())), sha256(bytes));
});

test('receives binary audio', async () => {
  const speech = { model: 'tts-1', voice: 'alloy', input: 'hello' };
  const hashOf = async (client) => sha256(Buffer.from(await (await client.audio.speech.create(speech)).arrayBuffer()));
  await sameAsDirect(direct, through, hashOf);
});

test('surfaces the provider\'s error as its own error class', async () => {
  const wish = { headers: controls({ status: 429, header: 'retry-after: 7', body: '{"error":{"message":"slow down","type":"requests","param":null,"code":"rate_limit_exceeded"}}' }) };
  await assert.rejects(through.chat.completions.create(chat, wish), (error) => {
    assert.ok(error instanceof OpenAI.RateLimitError, String(error));
    assert.equal(error.status, 429);
    assert.equal(error.code, 'rate_limit_exceeded');
    assert.match(error.message, /slow down/);
    assert.equal(error.headers.get('retry-after'), '7');
    return true;
  });
});

test('surfaces the gateway\'s error as its own error class', async () => {
  const stranger = new OpenAI({ apiKey: 'slk_unknown', baseURL: `${gateway}/p/openai/v1`, maxRetries: 0 });
  await assert.rejects(stranger.models.list(), (error) => {
    assert.ok(error instanceof OpenAI.AuthenticationError, String(error));
    assert.equal(error.status, 401);
    assert.equal(error.code, 'invalid_api_key');
    assert.equal(error.type, 'authentication_error');
    return true;
  });
});

test('an aborted stream is cancelled at the provider', async () => {
  const hold = unique('openai-abort');
  const stream = await through.chat.completions.create(
      { ...chat, stream: true }, { headers: controls({ hold, hold_after: 1 }) });
  await leaveHeldStream(stream, () => stream.controller.abort(), hold);
});
