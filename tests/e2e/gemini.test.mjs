import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binary, clientKey, controls, emulator, gateway, providerKey, readHeldStream, recordOf, sameAsDirect, sha256, test, unique } from './environment.mjs';
import { ApiError, GoogleGenAI } from '@google/genai';

const through = new GoogleGenAI({ apiKey: clientKey, httpOptions: { baseUrl: `${gateway}/p/gemini` } });
const direct = new GoogleGenAI({ apiKey: providerKey, httpOptions: { baseUrl: emulator } });
const question = { model: 'gemini-2.5-flash', contents: 'Grüße, 世界' };
// Without the client's own note of the HTTP headers, some of which belong to one connection.
const plain = (value) => JSON.parse(JSON.stringify(value, (name, item) => (name === 'sdkHttpResponse' ? undefined : item)));

async function all(iterable) {
  const items = [];
  for await (const item of iterable) items.push(plain(item));
  return items;
}

test('lists models', async () => {
  const models = await sameAsDirect(direct, through, async (client) => all(await client.models.list()));
  assert.ok(models.length > 0);
});

test('generates content', async () => {
  const answer = await sameAsDirect(direct, through, async (client) => plain(await client.models.generateContent(question)));
  assert.ok(answer.candidates[0].content.parts[0].text.length > 0);
});

test('streams content piece by piece', async () => {
  const hold = unique('gemini');
  const expected = await all(await direct.models.generateContentStream(question));
  const stream = await through.models.generateContentStream(
      { ...question, config: { httpOptions: { headers: controls({ hold, hold_after: 1 }) } } });
  const pieces = await readHeldStream(stream, hold);
  assert.ok(pieces.length > 2);
  assert.deepEqual(plain(pieces), expected);
});

test('counts tokens', async () => {
  const answer = await sameAsDirect(direct, through, async (client) => plain(await client.models.countTokens(question)));
  assert.ok(answer.totalTokens > 0);
});

test('embeds', async () => {
  const request = { model: 'gemini-embedding-001', contents: ['a', 'b'] };
  const answer = await sameAsDirect(direct, through, async (client) => plain(await client.models.embedContent(request)));
  assert.equal(answer.embeddings.length, 2);
  assert.ok(answer.embeddings[0].values.length > 1);
});

test('uploads a file in two steps and downloads it', async () => {
  const bytes = binary(2_000_000);
  const file = await through.files.upload({ file: new Blob([bytes]), config: { mimeType: 'application/octet-stream' } });
  assert.equal(Number(file.sizeBytes), bytes.length);
  const folder = await mkdtemp(join(tmpdir(), 'sluice-e2e-'));
  try {
    const path = join(folder, 'download.bin');
    await through.files.download({ file: file.name, downloadPath: path });
    assert.equal(sha256(await readFile(path)), sha256(bytes));
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('surfaces the provider\'s error as its own error class', async () => {
  const headers = controls({ status: 429, body: '{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED"}}' });
  await assert.rejects(through.models.generateContent({ ...question, config: { httpOptions: { headers } } }), (error) => {
    assert.ok(error instanceof ApiError, String(error));
    assert.equal(error.status, 429);
    assert.match(error.message, /RESOURCE_EXHAUSTED/);
    return true;
  });
});

test('surfaces the gateway\'s error as its own error class', async () => {
  const stranger = new GoogleGenAI({ apiKey: 'slk_unknown', httpOptions: { baseUrl: `${gateway}/p/gemini` } });
  await assert.rejects(stranger.models.generateContent(question), (error) => {
    assert.ok(error instanceof ApiError, String(error));
    assert.equal(error.status, 401);
    assert.match(error.message, /invalid_api_key/);
    return true;
  });
});

test('an aborted stream is cancelled at the provider', async () => {
  const hold = unique('gemini-abort');
  const aborter = new AbortController();
  const stream = await through.models.generateContentStream(
      { ...question, config: { abortSignal: aborter.signal, httpOptions: { headers: controls({ hold, hold_after: 1 }) } } });
  const first = await stream.next();
  assert.equal(first.done, false);
  // Ended by the abort, not by the iterator, which would wait for the next piece.
  const rest = stream.next().catch((error) => error);
  aborter.abort();
  assert.ok((await rest) instanceof Error);
  const record = await recordOf('X-Emulator-hold', hold, (r) => r.client_closed_ms !== null);
  assert.equal(record.answer.end, 'client_gone');
});
