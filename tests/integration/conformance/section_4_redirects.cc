// docs/PASSTHROUGH.md 4.3: redirects are relayed, and what points back to the provider leads
// through the gateway.
#include "tests/integration/conformance/rows.h"

namespace sluice::test {
namespace {

Case Redirect(const std::string& name, const std::string& sent, const std::string& received,
              const std::string& provider = "openai") {
  Case test =
      AnswerHeader("4.3 " + name, {"Location: " + sent}, {"Location: " + received}, provider);
  test.answer.bytes = Answers("302 Found", {"Location: " + sent}, "ok");
  test.received.head = Relayed("302 Found", {"Location: " + received}, "Content-Length: 2");
  return test;
}

Case Same(const std::string& name, const std::string& sent,
          const std::string& provider = "openai") {
  return Redirect(name, sent, sent, provider);
}

Case Status(const std::string& status) {
  Case test = Redirect(status, "/v1/x", "/p/openai/x");
  test.answer.bytes = Answers(status, {"Location: /v1/x"}, "ok");
  test.received.head = Relayed(status, {"Location: /p/openai/x"}, "Content-Length: 2");
  return test;
}

Case Field(const std::string& name, const std::string& field, const std::string& sent,
           const std::string& received, const std::string& provider) {
  return AnswerHeader("4.3 " + name, {field + ": " + sent}, {field + ": " + received}, provider);
}

// The client names the gateway with `host`.
Case AskedAt(const std::string& name, const Fields& lines, const std::string& received) {
  Case test = Redirect(name, "http://{UPSTREAM}/v1/x", received);
  test.sends = Lines(lines);
  return test;
}

}  // namespace

Cases Section4Redirects() {
  constexpr char kKey[] = "api-key: {KEY}";
  return {
      Status("301 Moved Permanently"),
      Status("302 Found"),
      Status("303 See Other"),
      Status("307 Temporary Redirect"),
      Status("308 Permanent Redirect"),
      Status("201 Created"),
      Redirect("an absolute URL inside", "http://{UPSTREAM}/v1/files/a",
               "http://gateway.test/p/openai/files/a"),
      Redirect("the scheme and host in capitals", "HTTP://{UPSTREAM}/v1/x",
               "http://gateway.test/p/openai/x"),
      Redirect("a query and a fragment", "http://{UPSTREAM}/v1/x?a=1&b=%2F#c",
               "http://gateway.test/p/openai/x?a=1&b=%2F#c"),
      Redirect("a path inside", "/v1/files/a?b=c", "/p/openai/files/a?b=c"),
      Redirect("a URL without a scheme", "//{UPSTREAM}/v1/x", "http://gateway.test/p/openai/x"),
      Redirect("an endpoint that begins with v1", "/v1/v1/x", "/p/openai/v1/v1/x"),
      Redirect("an instance with a deeper base url", "/east/v1/x", "/p/openai-east/x",
               "openai-east"),
      Redirect("a root", "http://{UPSTREAM}/upload/v1beta/files?upload_id=1",
               "http://gateway.test/p/gemini/upload/v1beta/files?upload_id=1", "gemini"),
      Redirect("another root", "/api/anthropic/v1/x", "/p/zai/anthropic/v1/x", "zai"),
      Redirect("a provider's key in the query does not go down",
               "/upload/v1beta/files?upload_id=1&key=theirs",
               "/p/gemini/upload/v1beta/files?upload_id=1", "gemini"),
      Redirect("an instance without a path", "http://{UPSTREAM}/x", "http://gateway.test/p/plain/x",
               "plain"),
      Same("another host", "http://other.test/v1/x"),
      Same("another port", "http://127.0.0.1:1/v1/x"),
      Same("another scheme", "https://{UPSTREAM}/v1/x"),
      Same("a path outside", "/other/x"),
      Same("a path that only begins like the base url", "/v10/x"),
      Same("an absolute URL outside", "http://{UPSTREAM}/other"),
      Same("a host that only begins like it", "http://{UPSTREAM}.evil.test/v1/x"),
      Same("user info", "http://user@{UPSTREAM}/v1/x"),
      Same("a relative path", "x/y"),
      Same("a relative path that climbs", "../x"),
      Same("dots inside", "/v1/../admin"),
      Same("nothing", ""),
      Same("the base url itself", "/v1"),
      Same("the base url with its slash", "/v1/"),
      Same("something that is no URL", "http://[broken"),
      AskedAt("another name of the gateway",
              {"GET /p/openai/models HTTP/1.1", "Host: api.example:8443", kKey},
              "http://api.example:8443/p/openai/x"),
      AskedAt("an address of IPv6", {"GET /p/openai/models HTTP/1.1", "Host: [::1]:8080", kKey},
              "http://[::1]:8080/p/openai/x"),
      AskedAt("an empty Host", {"GET /p/openai/models HTTP/1.1", "Host:", kKey}, "/p/openai/x"),
      AskedAt("a Host that is none", {"GET /p/openai/models HTTP/1.1", "Host: a/b@c", kKey},
              "/p/openai/x"),
      Field(
          "X-Goog-Upload-URL", "X-Goog-Upload-URL",
          "http://{UPSTREAM}/upload/v1beta/files?upload_id=1&upload_protocol=resumable",
          "http://gateway.test/p/gemini/upload/v1beta/files?upload_id=1&upload_protocol=resumable",
          "gemini"),
      Field("X-Goog-Upload-URL in another spelling", "x-goog-upload-url",
            "http://{UPSTREAM}/upload/x", "http://gateway.test/p/gemini/upload/x", "gemini"),
      Field("X-Goog-Upload-Control-URL", "X-Goog-Upload-Control-URL", "http://{UPSTREAM}/upload/x",
            "http://gateway.test/p/gemini/upload/x", "gemini"),
      Field("X-Goog-Upload-URL elsewhere", "X-Goog-Upload-URL", "http://other.test/upload/x",
            "http://other.test/upload/x", "gemini"),
      Field("other presets name no such field", "X-Goog-Upload-URL", "http://{UPSTREAM}/v1/x",
            "http://{UPSTREAM}/v1/x", "openai"),
      Field("Content-Location is nobody's", "Content-Location", "/v1/x", "/v1/x", "openai"),
      AnswerHeader("4.3 two Locations", {"Location: /v1/a", "location: /v1/b"},
                   {"Location: /p/openai/a", "location: /p/openai/b"}),
  };
}

}  // namespace sluice::test
