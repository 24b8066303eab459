// docs/PASSTHROUGH.md 1.1 to 1.3 and 1.8: methods, instances, roots, the route as a whole.
#include "tests/integration/conformance/rows.h"

namespace sluice::test {
namespace {

constexpr char kAllow[] = "Allow: GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS";
const Fields kRouteOff = {"enable_passthrough_routes=false"};
constexpr char kOffForAll[] = "the request before it would be refused too";

Case Method(const std::string& method) {
  return Through("1.1 " + method, Ask(method + " /p/openai/models"),
                 Reaches(method + " /v1/models"));
}

Case OtherMethod(const std::string& name, const std::string& method) {
  return Refusal("1.1 " + name, Ask(method + " /p/openai/models"), 405, "method_not_allowed",
                 {kAllow});
}

Case Off(const std::string& name, const std::string& sends) {
  return NotPipelined(
      WithSettings(Refusal("1.8 " + name, sends, 404, "passthrough_disabled"), kRouteOff),
      kOffForAll);
}

Case Head() {
  Case test = Method("HEAD");
  test.answer.bytes = Lines({"HTTP/1.1 200 OK", "Content-Length: 2"});
  test.received.head = Relayed("200 OK", {}, "Content-Length: 2");
  test.received.body = "";
  return test;
}

}  // namespace

Cases Section1Route() {
  return {
      Method("GET"),
      Method("POST"),
      Method("PUT"),
      Method("PATCH"),
      Method("DELETE"),
      Method("OPTIONS"),
      Head(),
      OtherMethod("TRACE", "TRACE"),
      OtherMethod("an unknown method", "PROPFIND"),
      OtherMethod("a method in lower case", "get"),
      OtherMethod("a method with a mark", "M-SEARCH"),
      OtherMethod("CONNECT with a path", "CONNECT"),

      Path("1.2 an instance", "models", "/v1/models", "openai"),
      Path("1.2 another instance of the same preset", "models", "/east/v1/models", "openai-east"),
      Refusal("1.2 an instance is named letter for letter", Ask("GET /p/OpenAI/models"), 400,
              "provider_not_enabled"),
      Refusal("1.2 a preset without an instance is none", Ask("GET /p/groq/models"), 400,
              "provider_not_enabled"),
      Refusal("1.2 a part of a name is none", Ask("GET /p/openai-/models"), 400,
              "provider_not_enabled"),
      Refusal("1.2 a name is not decoded", Ask("GET /p/%6fpenai/models"), 400,
              "provider_not_enabled"),
      Refusal("1.2 no name", Ask("GET /p//models"), 400, "provider_not_enabled"),

      Path("1.3 a base url without a path", "models", "/models", "plain"),
      Path("1.3 a base url with a path", "models", "/api/paas/v4/models", "zai"),
      Path("1.3 several segments", "a/b/c/d", "/v1/a/b/c/d"),
      Path("1.3 a root", "anthropic/v1/messages", "/api/anthropic/v1/messages", "zai"),
      Path("1.3 another root of the same preset", "coding/paas/v4/x", "/api/coding/paas/v4/x",
           "zai"),
      Path("1.3 a prefix alone is no root", "anthropic", "/api/paas/v4/anthropic", "zai"),
      Path("1.3 a prefix with its slash is a root", "anthropic/", "/api/anthropic/", "zai"),
      Path("1.3 a longer segment is no root", "anthropics/x", "/api/paas/v4/anthropics/x", "zai"),
      Path("1.3 a root in capitals is none", "Anthropic/x", "/api/paas/v4/Anthropic/x", "zai"),
      Path("1.3 a root after the slash was decoded", "anthropic%2Fv1/messages",
           "/api/anthropic/v1/messages", "zai"),
      Path("1.3 a root after v1 was dropped", "v1/anthropic/v1/messages",
           "/api/anthropic/v1/messages", "zai"),
      Path("1.3 a root that is the origin", "root/health", "/health", "vllm"),
      Path("1.3 a root of uploads", "upload/v1beta/files", "/upload/v1beta/files", "gemini"),
      Path("1.3 the base url beside roots", "models/g:generateContent",
           "/v1beta/models/g:generateContent", "gemini"),
      Path("1.3 a root that repeats the base url", "v1beta/models", "/v1beta/models", "gemini"),

      Off("the route is off", Ask("GET /p/openai/models")),
      WithBody(Off("off for a post with a body",
                   Ask("POST /p/openai/x", {"Content-Length: 4"}, "body"))),
      Off("off for a provider that is not there", Ask("GET /p/nobody/models")),
      Off("off without an endpoint", Ask("GET /p/openai")),
  };
}

}  // namespace sluice::test
