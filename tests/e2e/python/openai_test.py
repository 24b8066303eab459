import io
import unittest

import openai

import environment as env
import suite

CHAT = {"model": env.LETTERS, "messages": [{"role": "user", "content": "Grüße, 世界"}]}
URLS = {"gateway": f"{env.GATEWAY}/p/openai/v1", "provider": f"{env.EMULATOR}/as/openai/v1"}


def connect(url, key, headers=None):
    return openai.OpenAI(base_url=url, api_key=key, default_headers=headers or {}, max_retries=0, timeout=60)


class OpenAiChatTest(suite.LikeDirect, unittest.TestCase):
    urls = URLS
    limited = openai.RateLimitError
    unauthorised = openai.AuthenticationError
    connect = staticmethod(connect)

    def ask(self, client):
        return client.chat.completions.create(**CHAT).model_dump()

    def open(self, client):
        return client.chat.completions.create(**CHAT, stream=True)

    def text(self, events):
        return "".join(choice["delta"]["content"] or "" for event in events for choice in event["choices"])

    def stream_body(self):
        headers = {"Authorization": f"Bearer {env.PROVIDER_KEY}"}
        return env.text_of("/as/openai/v1/chat/completions", {**CHAT, "stream": True}, headers)


class OpenAiTest(unittest.TestCase):
    def setUp(self):
        self.client = connect(URLS["gateway"], env.CLIENT_KEY)
        self.addCleanup(self.client.close)

    def test_uploads_and_downloads_a_file(self):
        content = env.binary(20_000_000)
        file = self.client.files.create(file=("data.bin", io.BytesIO(content)), purpose="assistants")
        self.assertEqual(file.bytes, len(content))
        self.assertEqual(file.model_dump()["sha256"], env.sha256(content))
        self.assertEqual(env.sha256(self.client.files.content(file.id).read()), env.sha256(content))

    def test_embeds(self):
        answer = self.client.embeddings.create(model="text-embedding-3-small", input=["a", "b"])
        self.assertEqual(len(answer.data), 2)
        self.assertIsInstance(answer.data[0].embedding[0], float)

    def test_receives_binary_audio(self):
        speech = self.client.audio.speech.create(model="tts-1", voice="alloy", input="hello")
        self.assertEqual(speech.read(), bytes(i & 0xFF for i in range(4096)))


if __name__ == "__main__":
    unittest.main()
