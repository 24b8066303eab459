import io
import unittest

import anthropic

import environment as env
import suite

MESSAGE = {"model": env.LETTERS, "max_tokens": 64, "messages": [{"role": "user", "content": "Grüße, 世界"}]}
URLS = {"gateway": f"{env.GATEWAY}/p/anthropic", "provider": f"{env.EMULATOR}/as/anthropic"}


def connect(url, key, headers=None):
    headers = dict(headers or {})
    if url == URLS["provider"]:
        # This client sends its key as Bearer, which the gateway takes; the emulator insists on the other way.
        headers.update({"x-api-key": key, "Authorization": anthropic.Omit()})
    return anthropic.Anthropic(base_url=url, api_key=key, default_headers=headers, max_retries=0, timeout=60)


class AnthropicMessagesTest(suite.LikeDirect, unittest.TestCase):
    urls = URLS
    limited = anthropic.RateLimitError
    unauthorised = anthropic.AuthenticationError
    connect = staticmethod(connect)

    def ask(self, client):
        return client.messages.create(**MESSAGE).model_dump()

    def open(self, client):
        return client.messages.create(**MESSAGE, stream=True)

    def text(self, events):
        deltas = (event["delta"] for event in events if event["type"] == "content_block_delta")
        return "".join(delta["text"] for delta in deltas)

    def stream_body(self):
        headers = {"x-api-key": env.PROVIDER_KEY, "anthropic-version": "2023-06-01"}
        return env.text_of("/as/anthropic/v1/messages", {**MESSAGE, "stream": True}, headers)


class AnthropicTest(unittest.TestCase):
    def setUp(self):
        self.client = connect(URLS["gateway"], env.CLIENT_KEY)
        self.addCleanup(self.client.close)

    def test_accumulates_a_stream(self):
        with self.client.messages.stream(**MESSAGE) as stream:
            message = stream.get_final_message()
        self.assertEqual(message.stop_reason, "end_turn")
        self.assertIn(env.LETTERS, message.content[0].text)

    def test_uploads_and_downloads_a_file(self):
        content = env.binary(5_000_000)
        upload = ("data.bin", io.BytesIO(content), "application/octet-stream")
        file = self.client.beta.files.upload(file=upload)
        self.assertEqual(file.size_bytes, len(content))
        self.assertEqual(env.sha256(self.client.beta.files.download(file.id).read()), env.sha256(content))

    def test_sends_its_headers_once(self):
        marker = env.unique("marker")
        headers = {"X-Marker": marker, "anthropic-beta": "files-api-2025-04-14"}
        self.client.messages.create(**MESSAGE, extra_headers=headers)
        fields = env.record_of("X-Marker", marker)["headers"]

        def values(header):
            return [value for name, value in fields if name.lower() == header]

        self.assertEqual(values("anthropic-version"), [self.client.default_headers["anthropic-version"]])
        self.assertEqual(values("anthropic-beta"), ["files-api-2025-04-14"])
        self.assertEqual(values("x-api-key"), [env.PROVIDER_KEY])
        self.assertEqual(values("authorization"), [])


if __name__ == "__main__":
    unittest.main()
