// docs/PASSTHROUGH.md 2: of several wrong things, the first of the list is answered.
//
// The list: malformed HTTP, route off, method, credential, provider, path, limits, body size,
// upstream. Each row has two neighbours wrong at once, or everything from its place on.
#include "tests/integration/conformance/rows.h"

namespace sluice::test {
namespace {

const Fields kRouteOff = {"enable_passthrough_routes=false"};
const Fields kAwaits = {"Content-Length: 4", "Expect: 100-continue"};
const Fields kTooLong = {"Content-Length: 1000"};
const std::string kTooLongBody(1000, 'x');
constexpr char kAllow[] = "Allow: GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS";
constexpr char kContinue[] = "HTTP/1.1 100 Continue\r\n\r\n";

Case Off(Case test) {
  return NotPipelined(WithSettings(std::move(test), kRouteOff),
                      "the request before it would be refused too");
}

// The refusal comes instead of 100 Continue; the body never does, so the connection cannot go on.
Case RefusedBeforeBody(const std::string& name, const std::string& sends, int status,
                       const std::string& code, const Fields& more = {}) {
  return Closing(Refusal("2 " + name, sends, status, code, more));
}

Case Continued() {
  Case test = Upload("2 expect: the body is asked for once the request is admitted", kAwaits, "",
                     {"Content-Length: 4"}, "body");
  test.awaits = kContinue;
  test.then_sends = "body";
  return test;
}

Case ContinuedInChunks() {
  Case test =
      Upload("2 expect: a chunked body", {"Transfer-Encoding: chunked", "Expect: 100-Continue"}, "",
             {"Transfer-Encoding: chunked"}, "body");
  test.awaits = kContinue;
  test.then_sends = Chunks("body", 2);
  return test;
}

Case ContinuedThenBadChunk() {
  Case test = ContinuedInChunks();
  test.name = "2 expect: a body that is then malformed";
  test.then_sends = "zz\r\n";
  test.forwarded->cut = true;
  test.received = Own(400, "malformed_request");
  return Closing(test);
}

}  // namespace

Cases Section2Order() {
  return {
      Off(Malformed("2 malformed before route off",
                    AskBare("GET /p/openai/models", {"Bad Name: x"}))),
      Malformed("2 malformed before the credential",
                AskBare("GET /p/openai/models", {"Content-Length: x"})),
      Malformed("2 malformed before method", "BREW /p/openai/models HTTP/1.1\r\n\r\n"),
      Off(Refusal("2 route off before method", Ask("TRACE /p/openai/models"), 404,
                  "passthrough_disabled")),
      Off(Refusal("2 route off before the credential", AskBare("GET /p/openai/models"), 404,
                  "passthrough_disabled")),
      Off(Refusal("2 route off before the path", Ask("GET /p/openai/.."), 404,
                  "passthrough_disabled")),
      Refusal("2 method before the credential", AskBare("TRACE /p/nobody/.."), 405,
              "method_not_allowed", {kAllow}),
      Refusal("2 method before the path", Ask("TRACE /p/openai/.."), 405, "method_not_allowed",
              {kAllow}),
      Refusal("2 no credential before the provider", AskBare("GET /p/nobody/models"), 401,
              "missing_api_key"),
      Refusal("2 no credential before the path", AskBare("GET /p/openai/../x"), 401,
              "missing_api_key"),
      Refusal("2 no credential before the endpoint", AskBare("GET /p/openai/"), 401,
              "missing_api_key"),
      Refusal("2 a bad credential before the provider",
              AskBare("GET /p/nobody/models", {"x-api-key: slk_wrong"}), 401, "invalid_api_key"),
      Refusal("2 a bad credential before the path",
              AskBare("GET /p/openai/%", {"x-api-key: slk_wrong"}), 401, "invalid_api_key"),
      WithBody(Refusal("2 a bad credential before the body size",
                       AskBare("POST /p/small/x", {"x-api-key: slk_wrong", "Content-Length: 1000"},
                               kTooLongBody),
                       401, "invalid_api_key")),
      Refusal("2 the provider before the path", Ask("GET /p/nobody/../x"), 400,
              "provider_not_enabled"),
      Refusal("2 the provider before the endpoint", Ask("GET /p/nobody"), 400,
              "provider_not_enabled"),
      At(WithBody(Refusal("2 the path before the body size",
                          Ask("POST /p/small/../x", kTooLong, kTooLongBody), 400, "invalid_path")),
         "small"),
      At(WithBody(Refusal("2 the permission before the body",
                          Ask("POST /p/ollama/api/pull", {"Content-Length: 4"}, "body"), 403,
                          "permission_denied")),
         "ollama"),
      At(WithBody(Refusal("2 the body size before the upstream",
                          Ask("POST /p/small/x", kTooLong, kTooLongBody), 413,
                          "request_too_large")),
         "small"),
      Refusal("2 not below /p/ before method", Ask("TRACE /x"), 404, "unknown_route"),
      Refusal("2 not below /p/ before the credential", AskBare("GET /"), 404, "unknown_route"),

      Continued(),
      ContinuedInChunks(),
      ContinuedThenBadChunk(),
      RefusedBeforeBody("expect: no credential", AskBare("POST /p/openai/files", kAwaits), 401,
                        "missing_api_key"),
      RefusedBeforeBody("expect: a bad path", Ask("POST /p/openai/..", kAwaits), 400,
                        "invalid_path"),
      RefusedBeforeBody("expect: no such provider", Ask("POST /p/nobody/files", kAwaits), 400,
                        "provider_not_enabled"),
      RefusedBeforeBody("expect: a method", Ask("TRACE /p/openai/files", kAwaits), 405,
                        "method_not_allowed", {kAllow}),
      At(RefusedBeforeBody(
             "expect: too large",
             Ask("POST /p/small/files", {"Content-Length: 17", "Expect: 100-continue"}), 413,
             "request_too_large"),
         "small"),
      RefusedBeforeBody("expect: not below /p/", Ask("POST /files", kAwaits), 404, "unknown_route"),
  };
}

}  // namespace sluice::test
