// What every client must find true through the gateway, whichever provider it is for. A client file describes its
// client once and adds what is special to it.
//
//   provider   the instance's name                     url(side)  what the client is given as base URL
//   connect({url, key, headers})  a client             ask(client)  one plain answer, as plain data
//   open(client, signal)  an async iterable of pieces  text(pieces)  the text they say together
//   refused(error, status)  asserts that it is the client's own error class of that status
//   streamType, streamBody(side)  what the provider sends for open(): for cutting it anew
import assert from 'node:assert/strict';
import { controls, clientKey, providerKey, leaveHeldStream, plain, readHeldStream, test, unique } from './environment.mjs';

export async function allOf(pieces) {
  const all = [];
  for await (const piece of pieces) all.push(plain(piece));
  return all;
}

export function proveLikeDirect(client) {
  const to = (side, wishes = {}, key = side === 'gateway' ? clientKey : providerKey) =>
    client.connect({ url: client.url(side), key, headers: controls(wishes) });
  const ask = (side, wishes, key) => client.ask(to(side, wishes, key));
  const stream = (side, wishes) => client.open(to(side, wishes), new AbortController().signal);
  const name = (what) => `${client.name}: ${what}`;

  test(name('gives the same answer as straight from the provider'), async () => {
    const expected = await ask('provider');
    assert.deepEqual(await ask('gateway'), expected);
    assert.match(JSON.stringify(expected), /Hello from the emulator/);
  });

  test(name('reads a gzipped answer'), async () => {
    assert.deepEqual(await ask('gateway', { gzip: 1 }), await ask('provider'));
  });

  for (const gzip of [false, true]) {
    test(name(`streams ${gzip ? 'a gzipped answer ' : ''}piece by piece`), async () => {
      const expected = await allOf(await stream('provider'));
      const hold = unique('held');
      const pieces = await readHeldStream(await stream('gateway', { hold, hold_after: client.heldAfter ?? 1, ...(gzip && { gzip: 1 }) }), hold);
      assert.ok(pieces.length > 2);
      assert.deepEqual(plain(pieces), expected);
    });
  }

  test(name('reads events of a megabyte'), async () => {
    const large = { events: 2, event_bytes: 1 << 20 };
    const text = client.text(await allOf(await stream('gateway', large)));
    assert.equal(Buffer.byteLength(text), 2 << 20);
    assert.equal(text, client.text(await allOf(await stream('provider', large))));
  });

  test(name('reads letters that are cut in the middle'), async () => {
    const expected = await allOf(await stream('provider'));
    assert.ok(client.text(expected).includes(client.letters), client.text(expected));
    const cut = { body: await client.streamBody(), type: client.streamType, chunk: 2, pace_ms: 1 };
    assert.deepEqual(await allOf(await stream('gateway', cut)), expected);
  });

  test(name('surfaces the provider\'s 429 as its own error class'), async () => {
    await assert.rejects(ask('gateway', { status: 429, header: 'retry-after: 7' }), (error) => {
      client.refused(error, 429);
      if (client.headersOf) assert.equal(client.headersOf(error).get('retry-after'), '7');
      return true;
    });
  });

  test(name('surfaces a 401 as its own error class, the provider\'s and the gateway\'s'), async () => {
    for (const [wishes, key] of [[{ status: 401 }, clientKey], [{}, 'slk_unknown']]) {
      await assert.rejects(ask('gateway', wishes, key), (error) => {
        client.refused(error, 401);
        return true;
      });
    }
  });

  test(name('cancels at the provider when its stream is aborted'), async () => {
    const hold = unique('aborted');
    const aborter = new AbortController();
    const pieces = await client.open(to('gateway', { hold, hold_after: client.heldAfter ?? 1 }), aborter.signal);
    await leaveHeldStream(pieces, () => aborter.abort(), hold);
  });
}
