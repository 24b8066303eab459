// docs/PASSTHROUGH.md 3.6: a body keeps its framing and every byte.
#include "tests/integration/conformance/rows.h"

namespace sluice::test {
namespace {

const Fields kChunked = {"Transfer-Encoding: chunked"};

Fields Length(size_t size) { return {"Content-Length: " + std::to_string(size)}; }

Case WithLength(const std::string& name, const std::string& body) {
  return Upload("3.6 " + name, Length(body.size()), body, Length(body.size()), body);
}

Case InChunks(const std::string& name, const std::string& body, size_t size) {
  return Upload("3.6 " + name, kChunked, Chunks(body, size), kChunked, body);
}

// Chunks as they are on the wire.
Case RawChunks(const std::string& name, const std::string& wire, const std::string& body) {
  return Upload("3.6 " + name, kChunked, wire, kChunked, body);
}

Case Method(const std::string& method, const Fields& framing, const std::string& wire,
            const std::string& body) {
  const std::string kind = framing == kChunked ? " with chunks" : " with a length";
  Case test = Through("3.6 " + method + kind, Ask(method + " /p/openai/files", framing, wire),
                      Reaches(method + " /v1/files", {}, "openai", framing));
  test.forwarded->body = body;
  return test;
}

Case Head(const Fields& framing, const std::string& wire, const std::string& body) {
  Case test = Method("HEAD", framing, wire, body);
  test.answer.bytes = Lines({"HTTP/1.1 200 OK", "Content-Length: 2"});
  test.received.head = Relayed("200 OK", {}, "Content-Length: 2");
  test.received.body = "";
  return test;
}

std::string Big(size_t size) {
  std::string text;
  text.reserve(size);
  for (size_t i = 0; i < size; ++i) text += static_cast<char>(i * 31 + i / 251);
  return text;
}

}  // namespace

Cases Section3Bodies() {
  return {
      WithLength("a body with a length", "hello"),
      WithLength("a body of no bytes", ""),
      WithLength("a body of one byte", "x"),
      WithLength("all byte values", AllBytes()),
      WithLength("line ends in a body", "\r\n\r\nGET / HTTP/1.1\r\n\r\n"),
      WithLength("a body that looks like chunks", "5\r\nhello\r\n0\r\n\r\n"),
      WithLength("a body over what goes out with the head", Big(40000)),
      WithLength("a body of a megabyte", Big(1 << 20)),
      Upload("3.6 a length in small letters", {"content-length: 5"}, "hello", Length(5), "hello"),
      Upload("3.6 a length with leading zeros", {"Content-Length: 005"}, "hello", Length(5),
             "hello"),
      Upload("3.6 no body stays no body", {}, "", {}, ""),
      InChunks("a chunked body", "hello world", 5),
      InChunks("a chunked body of no bytes", "", 1),
      InChunks("all byte values in one chunk", AllBytes(), 256),
      InChunks("all byte values in chunks of 1", AllBytes(), 1),
      InChunks("all byte values in chunks of 2", AllBytes(), 2),
      InChunks("all byte values in chunks of 3", AllBytes(), 3),
      InChunks("all byte values in chunks of 7", AllBytes(), 7),
      InChunks("all byte values in chunks of 16", AllBytes(), 16),
      InChunks("all byte values in chunks of 255", AllBytes(), 255),
      InChunks("a chunked body of a megabyte", Big(1 << 20), 10000),
      InChunks("a chunked body in one large chunk", Big(200000), 200000),
      RawChunks("chunk sizes in capitals", "A\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
      RawChunks("chunk sizes with leading zeros", "0005\r\nhello\r\n000\r\n\r\n", "hello"),
      RawChunks("chunk extensions are dropped",
                "5;name=value;other\r\nhello\r\n0;last=\"yes\"\r\n\r\n", "hello"),
      RawChunks("trailers are dropped",
                "5\r\nhello\r\n0\r\nX-Checksum: 1\r\nAuthorization: Bearer x\r\n\r\n", "hello"),
      RawChunks("line ends in a chunk", "4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n"),
      Upload("3.6 Transfer-Encoding in another spelling", {"transfer-encoding: Chunked"},
             Chunks("hello", 5), kChunked, "hello"),
      Upload("3.6 Trailer announced and dropped", {"Transfer-Encoding: chunked", "Trailer: X-Sum"},
             "5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n", kChunked, "hello"),
      Method("GET", Length(5), "hello", "hello"),
      Method("GET", kChunked, Chunks("hello", 2), "hello"),
      Method("DELETE", Length(5), "hello", "hello"),
      Method("DELETE", kChunked, Chunks("hello", 2), "hello"),
      Method("PUT", Length(5), "hello", "hello"),
      Method("PUT", kChunked, Chunks("hello", 2), "hello"),
      Method("PATCH", Length(5), "hello", "hello"),
      Method("PATCH", kChunked, Chunks("hello", 2), "hello"),
      Method("OPTIONS", Length(5), "hello", "hello"),
      Method("OPTIONS", kChunked, Chunks("hello", 2), "hello"),
      Head(Length(5), "hello", "hello"),
      Head(kChunked, Chunks("hello", 2), "hello"),
  };
}

}  // namespace sluice::test
