// The AI SDK of Vercel with its providers for OpenAI and Anthropic.
import assert from 'node:assert/strict';
import { emulator, gateway, providerKey, textOf } from './environment.mjs';
import { proveLikeDirect } from './suite.mjs';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { APICallError, generateText, streamText } from 'ai';

const letters = 'Grüße-世界-😀';
const prompt = 'Grüße, 世界';
const openaiUrls = { gateway: `${gateway}/p/openai/v1`, provider: `${emulator}/as/openai/v1` };
const anthropicUrls = { gateway: `${gateway}/p/anthropic/v1`, provider: `${emulator}/as/anthropic/v1` };
const bearer = { Authorization: `Bearer ${providerKey}` };

// A client is a model.
const common = {
  async ask(model) {
    const { text, usage, finishReason } = await generateText({ model, prompt, maxRetries: 0 });
    return { text, usage, finishReason };
  },
  open: (model, signal) => streamText({ model, prompt, maxRetries: 0, abortSignal: signal, onError: ({ error }) => { throw error; } }).textStream,
  text: (pieces) => pieces.join(''),
  letters,
  refused(error, status) {
    assert.ok(APICallError.isInstance(error), String(error));
    assert.equal(error.statusCode, status);
  },
  headersOf: (error) => new Headers(error.responseHeaders),
  streamType: 'text/event-stream',
};

proveLikeDirect({
  ...common,
  name: 'ai sdk, openai chat',
  url: (side) => openaiUrls[side],
  connect: ({ url, key, headers }) => createOpenAI({ baseURL: url, apiKey: key, headers }).chat(letters),
  heldAfter: 2,
  streamBody: () => textOf('/as/openai/v1/chat/completions', { model: letters, stream: true, stream_options: { include_usage: true } }, bearer),
});

proveLikeDirect({
  ...common,
  name: 'ai sdk, openai responses',
  url: (side) => openaiUrls[side],
  connect: ({ url, key, headers }) => createOpenAI({ baseURL: url, apiKey: key, headers }).responses(letters),
  heldAfter: 5,
  streamBody: () => textOf('/as/openai/v1/responses', { model: letters, stream: true, input: prompt }, bearer),
});

proveLikeDirect({
  ...common,
  name: 'ai sdk, anthropic messages',
  url: (side) => anthropicUrls[side],
  connect: ({ url, key, headers }) => createAnthropic({ baseURL: url, apiKey: key, headers })(letters),
  heldAfter: 4,
  streamBody: () => textOf('/as/anthropic/v1/messages', { model: letters, max_tokens: 64, stream: true, messages: [] }, { 'x-api-key': providerKey, 'anthropic-version': '2023-06-01' }),
});
