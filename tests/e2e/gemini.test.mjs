import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binary, clientKey, emulator, gateway, plain, providerKey, sameAsDirect, sha256, test, textOf } from './environment.mjs';
import { allOf, proveLikeDirect } from './suite.mjs';
import { ApiError, GoogleGenAI } from '@google/genai';

// The model stands in the path, so the letters come back from there.
const letters = 'Grüße-世界-😀';
const question = { model: letters, contents: 'Grüße, 世界' };
const urls = { gateway: `${gateway}/p/gemini`, provider: `${emulator}/as/gemini` };
const connect = ({ url, key, headers }) => new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: url, headers } });
const through = connect({ url: urls.gateway, key: clientKey });
const direct = connect({ url: urls.provider, key: providerKey });

// Without the client's own note of the HTTP headers, some of which belong to one connection.
const bare = (answer) => ({ ...plain(answer), sdkHttpResponse: undefined });

function refused(error, status) {
  assert.ok(error instanceof ApiError, String(error));
  assert.equal(error.status, status);
  assert.match(error.message, { 401: /UNAUTHENTICATED|invalid_api_key/, 429: /RESOURCE_EXHAUSTED/ }[status]);
}

proveLikeDirect({
  name: 'gemini',
  url: (side) => urls[side],
  connect,
  ask: async (client) => bare(await client.models.generateContent(question)),
  async *open(client, signal) {
    const stream = await client.models.generateContentStream({ ...question, config: { abortSignal: signal } });
    for await (const piece of stream) yield bare(piece);
  },
  text: (pieces) => pieces.map((piece) => piece.candidates[0].content.parts[0].text).join(''),
  letters,
  refused,
  streamType: 'text/event-stream',
  streamBody: () => textOf(`/as/gemini/v1beta/models/${encodeURIComponent(letters)}:streamGenerateContent?alt=sse`, {}, { 'x-goog-api-key': providerKey }),
});

test('gemini lists models', async () => {
  const models = await sameAsDirect(direct, through, async (client) => allOf(await client.models.list()));
  assert.ok(models.length > 0);
});

test('gemini counts tokens', async () => {
  const answer = await sameAsDirect(direct, through, async (client) => bare(await client.models.countTokens(question)));
  assert.ok(answer.totalTokens > 0);
});

test('gemini embeds', async () => {
  const request = { model: 'gemini-embedding-001', contents: ['a', 'b'] };
  const answer = await sameAsDirect(direct, through, async (client) => bare(await client.models.embedContent(request)));
  assert.equal(answer.embeddings.length, 2);
  assert.ok(answer.embeddings[0].values.length > 1);
});

// More than the client sends in one request, so that both halves of it and the pieces between come through.
test('gemini uploads a file in several steps and downloads it', async () => {
  const bytes = binary(20_000_000);
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
