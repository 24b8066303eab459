// docs/PASSTHROUGH.md 5: what the gateway answers about a client's request. (What is about its
// connection is in sections 6 and 7.)
#include "tests/integration/conformance/rows.h"

namespace sluice::test {
namespace {

constexpr char kAllow[] = "Allow: GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS";

Case WithMessage(Case test, const std::string& message) {
  test.received.envelope->message = message;
  return test;
}

Case NotEnabled(const std::string& name, const std::string& sends, const std::string& message,
                const std::string& provider = "openai") {
  return At(
      WithMessage(Refusal("5 provider_not_enabled, " + name, sends, 400, "provider_not_enabled"),
                  message),
      provider);
}

Case UnknownRoute(const std::string& name, const std::string& target) {
  return Refusal("5 unknown_route, " + name, AskBare("GET " + target), 404, "unknown_route");
}

Case InvalidKey(const std::string& name, const std::string& key) {
  // One answer for all: its text too.
  return WithMessage(
      Refusal("5 invalid_api_key, " + name, AskBare("GET /p/openai/models", {"x-api-key: " + key}),
              401, "invalid_api_key"),
      "the API key is not valid");
}

Case Denied(const std::string& name, const std::string& endpoint) {
  return At(Refusal("5 permission_denied, " + name, Ask("POST /p/ollama/" + endpoint), 403,
                    "permission_denied"),
            "ollama");
}

// HEAD gets the head of the answer alone.
Case Head(const std::string& name, const std::string& target, int status, const std::string& code) {
  return Refusal("5 HEAD " + name, Ask("HEAD " + target), status, code);
}

Case OwnId(Case test) {
  std::string& head = test.received.head;
  head.replace(head.find("{ID}"), 4, "mine");
  return test;
}

}  // namespace

Cases Section5Gateway() {
  return {
      NotEnabled("unknown", AskBare("GET /p/nobody/x", {"api-key: {NARROW_KEY}"}),
                 "provider passthrough for \"nobody\" is not enabled; currently enabled providers: "
                 "openai, openai-east"),
      NotEnabled("not for this key", AskBare("GET /p/anthropic/x", {"api-key: {NARROW_KEY}"}),
                 "provider passthrough for \"anthropic\" is not enabled; currently enabled "
                 "providers: openai, openai-east",
                 "anthropic"),
      NotEnabled("disabled", AskBare("GET /p/disabled/x", {"api-key: {NARROW_KEY}"}),
                 "provider passthrough for \"disabled\" is not enabled; currently enabled "
                 "providers: openai, openai-east",
                 "disabled"),
      NotEnabled("a name with quotes", AskBare("GET /p/a\"b\\c/x", {"api-key: {NARROW_KEY}"}),
                 "provider passthrough for \"a?b?c\" is not enabled; currently enabled providers: "
                 "openai, openai-east"),
      NotEnabled("a long name",
                 AskBare("GET /p/" + std::string(100, 'n') + "/x", {"api-key: {NARROW_KEY}"}),
                 "provider passthrough for \"" + std::string(64, 'n') +
                     "...\" is not enabled; currently enabled providers: openai, openai-east"),
      Through("5 provider_not_enabled is not said of a provider of the key",
              AskBare("GET /p/openai-east/models", {"api-key: {NARROW_KEY}"}),
              Reaches("GET /east/v1/models", {}, "openai-east"), "openai-east"),
      Refusal("5 endpoint_required", Ask("GET /p/openai/"), 400, "endpoint_required"),
      Refusal("5 invalid_path", Ask("GET /p/openai/.."), 400, "invalid_path"),
      WithSettings(
          Refusal("5 v1_alias_disabled", Ask("GET /p/openai/v1/x"), 400, "v1_alias_disabled"),
          {"allow_passthrough_v1_alias=false"}),
      Refusal("5 missing_api_key", AskBare("GET /p/openai/models"), 401, "missing_api_key"),
      InvalidKey("unknown", "{STRANGE_KEY}"),
      InvalidKey("expired", "{EXPIRED_KEY}"),
      InvalidKey("revoked", "{REVOKED_KEY}"),
      InvalidKey("disabled", "{DISABLED_KEY}"),
      InvalidKey("malformed", "slk_notakey"),
      InvalidKey("of another kind", "sk-something"),
      InvalidKey("not ASCII", "slk_\xc3\xa9"),
      InvalidKey("with more behind it", "{KEY}a"),
      Denied("an endpoint", "api/pull"),
      Denied("another endpoint", "api/delete"),
      Denied("all below one", "api/blobs/sha256:1"),
      Denied("doubled slashes", "api//pull/"),
      Denied("an encoded slash", "api%2Fpull"),
      Denied("escapes", "%61pi/pull"),
      Denied("behind v1", "v1/api/pull"),
      Denied("with a query", "api/pull?x=y"),
      Path("5 permission_denied is not said of the rest", "api/tags", "/api/tags", "ollama"),
      Path("5 permission_denied is not said of what only begins so", "api/pulls", "/api/pulls",
           "ollama"),
      UnknownRoute("the root", "/"),
      UnknownRoute("p without its slash", "/p"),
      UnknownRoute("a capital P", "/P/openai/models"),
      UnknownRoute("a path that begins like it", "/pp/openai/models"),
      UnknownRoute("a provider's own path", "/v1/models"),
      UnknownRoute("a double slash before", "//p/openai/models"),
      UnknownRoute("an encoded p", "/%70/openai/models"),
      UnknownRoute("a query only", "/?p=/p/openai"),
      UnknownRoute("the ops pages", "/metrics"),
      Refusal("5 unknown_route for any method", AskBare("BREW /coffee"), 404, "unknown_route"),
      Refusal("5 method_not_allowed", Ask("LINK /p/openai/models"), 405, "method_not_allowed",
              {kAllow}),
      WithSettings(NotPipelined(Refusal("5 passthrough_disabled", Ask("GET /p/openai/models"), 404,
                                        "passthrough_disabled"),
                                "the request before it would be refused too"),
                   {"enable_passthrough_routes=false"}),
      Head("unknown route", "/x", 404, "unknown_route"),
      Head("unknown provider", "/p/nobody/x", 400, "provider_not_enabled"),
      Head("bad path", "/p/openai/..", 400, "invalid_path"),
      At(Refusal("5 provider_key_missing", Ask("GET /p/keyless/models"), 502,
                 "provider_key_missing"),
         "keyless"),
      OwnId(Refusal("5 a request id of the client is in the gateway's answer",
                    Ask("GET /p/openai/..", {"X-Request-Id: mine"}), 400, "invalid_path")),
      OwnId(Refusal("5 a request id of a client without a key is too",
                    AskBare("GET /p/openai/x", {"X-Request-Id: mine"}), 401, "missing_api_key")),
  };
}

}  // namespace sluice::test
