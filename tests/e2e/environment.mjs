// What every test of the official clients needs: where the gateway is, how to tell the emulator what to do, and how to
// ask it what it saw. run.sh sets the variables.
import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { File } from 'node:buffer';
import { test as nodeTest } from 'node:test';

// Node 18 has File, but not as a global, where the clients look for it.
globalThis.File ??= File;

// A gateway that buffers a stream would make its test wait for ever.
export const test = (name, body) => nodeTest(name, { timeout: 60_000 }, body);

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; tests/e2e/run.sh runs these tests`);
  return value;
}

export const gateway = required('E2E_URL');
export const clientKey = required('E2E_KEY');
export const emulator = required('E2E_EMULATOR');
// What run.sh stored as the key of each provider instance.
export const providerKey = 'sk-emulator-e2e';

// Headers that tell the emulator how to answer one request: controls({hold: 'x', status: 429}).
export function controls(wishes) {
  return Object.fromEntries(
      Object.entries(wishes).map(([name, value]) => [`X-Emulator-${name.replaceAll('_', '-')}`, encodeURIComponent(value)]));
}

// A name that no other test uses.
export const unique = (prefix) => `${prefix}-${randomUUID()}`;

async function ask(method, path) {
  const response = await fetch(`${emulator}/emulator/${path}`, { method });
  assert.equal(response.status, 200, `${method} /emulator/${path}: ${response.status}`);
  return response.json();
}

// Lets an answer go on that waits because of the control `hold`.
export const release = (name) => ask('POST', `release/${name}`);

// The record of a request that carried this header and of which `ready` holds, once there is one.
export async function recordOf(header, value, ready = () => true) {
  const carries = (record) => record.headers.some(([name, text]) => name.toLowerCase() === header.toLowerCase() && text === value);
  for (let attempt = 0; attempt < 200; ++attempt) {
    const { requests } = await ask('GET', 'requests?last=100');
    const record = requests.find((r) => carries(r) && ready(r));
    if (record) return record;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assert.fail(`the emulator has no such request with ${header}: ${value}`);
}

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

// Bytes that are no text in any encoding, and longer than any buffer on the way.
export function binary(size) {
  const bytes = Buffer.alloc(size);
  for (let i = 0; i < size; ++i) bytes[i] = (i * 2654435761 >>> 13) & 0xff;
  return bytes;
}

// Reads a stream whose answer is held after its first event: proves that the first event got here while the rest did not
// exist yet, then lets it go on. Returns all pieces.
export async function readHeldStream(stream, hold) {
  const pieces = [];
  for await (const piece of stream) {
    pieces.push(piece);
    if (pieces.length === 1) await release(hold);
  }
  return pieces;
}

// Reads one piece, leaves while waiting for the next, and waits until the provider's side has seen its connection close.
export async function leaveHeldStream(stream, abort, hold) {
  const pieces = stream[Symbol.asyncIterator]();
  assert.equal((await pieces.next()).done, false);
  const rest = pieces.next().catch((error) => error);
  abort();
  await rest;
  const record = await recordOf('X-Emulator-hold', hold, (r) => r.client_closed_ms !== null);
  assert.equal(record.answer.end, 'client_gone');
}

// What a client's objects say, without their methods.
export const plain = (value) => JSON.parse(JSON.stringify(value));

// The same call straight to the provider and through the gateway must give the same.
export async function sameAsDirect(direct, through, call) {
  const expected = await call(direct);
  const actual = await call(through);
  assert.deepEqual(actual, expected);
  return actual;
}

// The text of an answer straight from the emulator.
export async function textOf(path, body, headers) {
  const response = await fetch(emulator + path, { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...headers } });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return text;
}
