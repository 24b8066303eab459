// docs/PASSTHROUGH.md 6: each limit from both sides, as a setting and as a provider's own.
#include "tests/integration/conformance/rows.h"

namespace sluice::test {
namespace {

constexpr char kTooMany[] = "headers_too_large";

// A request whose request line has `size` bytes, and the endpoint in it.
std::string EndpointFor(size_t size) {
  const std::string rest = "GET /p/openai/ HTTP/1.1";
  return std::string(size - rest.size(), 'e');
}

Case LineFits(const std::string& name, size_t size) {
  return Path("6 request line " + name, EndpointFor(size), "/v1/" + EndpointFor(size));
}

Case LineTooLong(const std::string& name, size_t size) {
  return Closing(
      Refusal("6 request line " + name, Ask("GET /p/openai/" + EndpointFor(size)), 431, kTooMany));
}

// A request whose header fields, blank line included, have `size` bytes. Its key is in the query,
// whose length is not in a field.
std::string AskOfSize(size_t size) {
  const Fields first = {"GET /p/openai/models?key={KEY} HTTP/1.1", "Host: gateway.test"};
  const size_t rest = std::string("Host: gateway.test\r\nX-A: \r\n\r\n").size();
  return Lines({first[0], first[1], "X-A: " + std::string(size - rest, 'v')});
}

Case HeadFits(const std::string& name, size_t size) {
  const size_t rest = std::string("Host: gateway.test\r\nX-A: \r\n\r\n").size();
  return Through("6 headers " + name, AskOfSize(size),
                 Reaches("GET /v1/models", {"X-A: " + std::string(size - rest, 'v')}));
}

Case HeadTooLarge(const std::string& name, size_t size) {
  return Closing(Refusal("6 headers " + name, AskOfSize(size), 431, kTooMany));
}

// `count` fields in all, with Host and key.
Fields Fill(int count) {
  Fields fields;
  for (int i = 2; i < count; ++i) fields.push_back("X-" + std::to_string(i) + ": a");
  return fields;
}

Case CountFits(const std::string& name, int count) {
  return RequestHeader("6 number of fields " + name, Fill(count), Fill(count));
}

Case CountTooHigh(const std::string& name, int count) {
  return Closing(Refusal("6 number of fields " + name, Ask("GET /p/openai/models", Fill(count)),
                         431, kTooMany));
}

Case ToSmall(Case test, const std::string& provider = "small") {
  test.provider = provider;
  return test;
}

Case BodyFits(const std::string& name, const std::string& provider, const Fields& framing,
              const std::string& wire, const std::string& body) {
  Case test = Through("6 body " + name, Ask("POST /p/" + provider + "/files", framing, wire),
                      Reaches("POST /v1/files", {}, provider, framing), provider);
  test.forwarded->body = body;
  return test;
}

Case BodyTooLarge(const std::string& name, const std::string& provider, size_t size) {
  return ToSmall(
      WithBody(Refusal("6 body " + name,
                       Ask("POST /p/" + provider + "/files",
                           {"Content-Length: " + std::to_string(size)}, std::string(size, 'b')),
                       413, "request_too_large")),
      provider);
}

// Refused while it streams: no length said beforehand what it would be.
Case ChunksTooLarge(const std::string& name, const std::string& provider, size_t size, size_t chunk,
                    const std::string& limit) {
  Case test = Closing(Refusal("6 body " + name,
                              Ask("POST /p/" + provider + "/files", {"Transfer-Encoding: chunked"},
                                  Chunks(std::string(size, 'b'), chunk)),
                              413, "request_too_large"));
  test.provider = provider;
  test.forwarded = Forwarded{"", std::string(size, 'b'), true};
  test.received.envelope->message = "the request body is over the limit of " + limit + " bytes";
  return test;
}

Case SameWords(Case test, const std::string& limit) {
  test.received.envelope->message = "the request body is over the limit of " + limit + " bytes";
  return test;
}

// Stops in the middle, and waits.
Case Slow(const std::string& name, const std::string& sends) {
  return WithSettings(Closing(Refusal("6 " + name, sends, 408, "request_timeout")),
                      {"header_timeout=300ms", "body_idle_timeout=300ms"});
}

Case SlowBody(const std::string& name, const Fields& framing, const std::string& wire,
              const std::string& body) {
  Case test = Slow(name, Ask("POST /p/openai/files", framing, wire));
  test.forwarded = Forwarded{"", body, true};
  return test;
}

// The answer says nothing of a close, which then comes all the same.
Case Idle(const std::string& name, const Fields& settings) {
  Case test = Path("6 between two requests " + name, "models", "/v1/models");
  test.received.then = ClientSees::kClosed;
  return WithSettings(test, settings);
}

std::string Big(size_t size) {
  std::string text;
  text.reserve(size);
  for (size_t i = 0; i < size; ++i) text += static_cast<char>(i * 13 + i / 241);
  return text;
}

Case SmallBuffers(Case test) {
  return WithSettings(std::move(test), {"buffer_high_bytes=4096", "buffer_low_bytes=1024"});
}

const Fields kSmallHeads = {"max_request_line_bytes=256", "max_header_bytes=1024",
                            "max_header_fields=8"};

Cases Heads() {
  return {
      LineFits("at its default", 16384),
      LineTooLong("over its default", 16385),
      LineTooLong("far over its default", 40000),
      HeadFits("at their default", 65536),
      HeadTooLarge("over their default", 65537),
      HeadTooLarge("far over their default", 200000),
      CountFits("at its default", 128),
      CountTooHigh("over its default", 129),
      CountTooHigh("far over its default", 1000),
      WithSettings(LineFits("at a setting", 256), kSmallHeads),
      WithSettings(LineTooLong("over a setting", 257), kSmallHeads),
      WithSettings(HeadFits("at a setting", 1024), kSmallHeads),
      WithSettings(HeadTooLarge("over a setting", 1025), kSmallHeads),
      WithSettings(CountFits("at a setting", 8), kSmallHeads),
      WithSettings(CountTooHigh("over a setting", 9), kSmallHeads),
      WithSettings(LineFits("at a larger setting", 30000), {"max_request_line_bytes=30000"}),
  };
}

Cases Bodies() {
  const Fields chunked = {"Transfer-Encoding: chunked"};
  const std::string full(16, 'b');
  const Fields length = {"Content-Length: 16"};
  Cases cases = {
      BodyFits("at a provider's limit", "small", length, full, full),
      BodyFits("at a provider's limit in chunks", "small", chunked, Chunks(full, 5), full),
      SameWords(BodyTooLarge("over a provider's limit", "small", 17), "16"),
      BodyTooLarge("far over a provider's limit", "small", 20000),
      ChunksTooLarge("over a provider's limit in chunks", "small", 17, 4, "16"),
      ChunksTooLarge("over a provider's limit in one chunk", "small", 17, 17, "16"),
      ChunksTooLarge("far over a provider's limit in chunks", "small", 20000, 1000, "16"),
  };
  const Fields setting = {"max_body_bytes=8"};
  const std::string eight(8, 'b');
  for (Case test :
       {BodyFits("at a setting", "openai", {"Content-Length: 8"}, eight, eight),
        BodyFits("of none at a setting", "openai", {"Content-Length: 0"}, "", ""),
        BodyTooLarge("over a setting", "openai", 9),
        ChunksTooLarge("over a setting in chunks", "openai", 9, 2, "8"),
        BodyFits("a provider's limit goes before a setting", "small", length, full, full)}) {
    cases.push_back(WithSettings(test, setting));
  }
  return cases;
}

Cases Times() {
  return {
      Slow("headers that stop in the request line", "GET /p/openai/mod"),
      Slow("headers that stop in a field", "GET /p/openai/models HTTP/1.1\r\nHost: gat"),
      Slow("headers that stop before the blank line",
           "GET /p/openai/models HTTP/1.1\r\nHost: gateway.test\r\n"),
      SlowBody("a body that does not begin", {"Content-Length: 9"}, "", ""),
      SlowBody("a body that stops", {"Content-Length: 9"}, "1234", "1234"),
      SlowBody("a chunked body that stops", {"Transfer-Encoding: chunked"}, "4\r\n1234\r\n",
               "1234"),
      SlowBody("a body that stops inside a chunk", {"Transfer-Encoding: chunked"}, "4\r\n12", "12"),
      SlowBody("a body that stops before its last line", {"Transfer-Encoding: chunked"},
               "4\r\n1234\r\n0\r\n", "1234"),
      Idle("the connection closes", {"keep_alive_timeout=250ms"}),
  };
}

Cases Buffers() {
  const std::string big = Big(300000);
  Case up = Through("6 buffers that are small, upwards",
                    Ask("POST /p/openai/files", {"Content-Length: 300000"}, big),
                    Reaches("POST /v1/files", {}, "openai", {"Content-Length: 300000"}));
  up.forwarded->body = big;
  Case chunks =
      Through("6 buffers that are small, upwards in chunks",
              Ask("POST /p/openai/files", {"Transfer-Encoding: chunked"}, Chunks(big, 7000)),
              Reaches("POST /v1/files", {}, "openai", {"Transfer-Encoding: chunked"}));
  chunks.forwarded->body = big;
  return {
      SmallBuffers(up),
      SmallBuffers(chunks),
      SmallBuffers(Answer("6 buffers that are small, downwards", Answers("200 OK", {}, big),
                          Relayed("200 OK", {}, "Content-Length: 300000"), big)),
      SmallBuffers(
          Answer("6 buffers that are small, downwards in chunks",
                 Lines({"HTTP/1.1 200 OK", "Transfer-Encoding: chunked"}, Chunks(big, 9000)),
                 Relayed("200 OK", {}, "Transfer-Encoding: chunked"), big)),
  };
}

}  // namespace

Cases Section6Limits() {
  Cases all;
  for (const Cases& part : {Heads(), Bodies(), Times(), Buffers()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace sluice::test
