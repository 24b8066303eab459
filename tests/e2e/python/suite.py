"""What every Python client must find true through the gateway; the counterpart of suite.mjs."""

import environment as env


class LikeDirect:
    """Mixed into a TestCase that describes its client:

    urls                the client's base URL by side, "gateway" and "provider"
    connect(url, key, headers)
    ask(client)         one plain answer, as plain data
    open(client)        a stream with close(), an iterable of events
    text(events)        what they say together, from their plain data
    limited, unauthorised  the client's own error classes
    stream_body()       what the provider sends for open()
    """

    def to(self, side, key=None, **wishes):
        key = key or (env.CLIENT_KEY if side == "gateway" else env.PROVIDER_KEY)
        return self.connect(self.urls[side], key, env.controls(**wishes))

    def all_of(self, side, **wishes):
        with self.to(side, **wishes) as client, self.open(client) as stream:
            return [event.model_dump() for event in stream]

    def answer(self, side, **wishes):
        with self.to(side, **wishes) as client:
            return self.ask(client)

    def test_gives_the_same_answer_as_straight_from_the_provider(self):
        expected = self.answer("provider")
        self.assertEqual(self.answer("gateway"), expected)
        self.assertIn("Hello from the emulator", str(expected))

    def test_reads_a_gzipped_answer(self):
        self.assertEqual(self.answer("gateway", gzip=1), self.answer("provider"))

    def test_streams_piece_by_piece(self):
        for gzip in ({}, {"gzip": 1}):
            with self.subTest(**gzip):
                expected = self.all_of("provider")
                hold = env.unique("held")
                events = []
                with self.to("gateway", hold=hold, hold_after=1, **gzip) as client, self.open(client) as stream:
                    for event in stream:
                        events.append(event.model_dump())
                        if len(events) == 1:
                            # A gateway that buffered would never get here.
                            env.release(hold)
                self.assertGreater(len(events), 2)
                self.assertEqual(events, expected)

    def test_reads_events_of_a_megabyte(self):
        large = {"events": 2, "event_bytes": 1 << 20}
        text = self.text(self.all_of("gateway", **large))
        self.assertEqual(len(text.encode()), 2 << 20)
        self.assertEqual(text, self.text(self.all_of("provider", **large)))

    def test_reads_letters_that_are_cut_in_the_middle(self):
        expected = self.all_of("provider")
        self.assertIn(env.LETTERS, self.text(expected))
        cut = {"body": self.stream_body(), "type": "text/event-stream", "chunk": 2, "pace_ms": 1}
        self.assertEqual(self.all_of("gateway", **cut), expected)

    def test_surfaces_a_429_as_its_own_error_class(self):
        with self.assertRaises(self.limited) as raised:
            self.answer("gateway", status=429, header="retry-after: 7")
        self.assertEqual(raised.exception.status_code, 429)
        self.assertEqual(raised.exception.response.headers["retry-after"], "7")

    def test_surfaces_a_401_as_its_own_error_class(self):
        for key, wishes in ((None, {"status": 401}), ("slk_unknown", {})):
            with self.subTest(key=key), self.assertRaises(self.unauthorised) as raised:
                self.answer("gateway", key=key, **wishes)
            self.assertEqual(raised.exception.status_code, 401)

    def test_cancels_at_the_provider_when_its_stream_is_closed(self):
        hold = env.unique("aborted")
        with self.to("gateway", hold=hold, hold_after=1) as client:
            stream = self.open(client)
            next(iter(stream))
            stream.close()
            record = env.record_of("X-Emulator-hold", hold, lambda r: r["client_closed_ms"] is not None)
        self.assertEqual(record["answer"]["end"], "client_gone")
