// docs/PASSTHROUGH.md 3.2: where the client's key may stand, and that none of it goes on.
#include "tests/integration/conformance/rows.h"

namespace sluice::test {
namespace {

Case KeyIn(const std::string& name, const Fields& fields, const Fields& received = {}) {
  return Through("3.2 " + name, AskBare("GET /p/openai/models", fields),
                 Reaches("GET /v1/models", received));
}

Case KeyInQuery(const std::string& name, const std::string& query, const std::string& left,
                const Fields& fields = {}, const std::string& provider = "openai") {
  const std::string path = provider == "gemini" ? "/v1beta/models" : "/v1/models";
  return Through("3.2 " + name, AskBare("GET /p/" + provider + "/models" + query, fields),
                 Reaches("GET " + path + left, {}, provider), provider);
}

Case Sent(const std::string& provider, const std::string& path) {
  return Path("3.2 the key of " + provider + " goes where it reads it", "x", path, provider);
}

Case Unknown(const std::string& name, const Fields& fields, const std::string& query = "") {
  return Refusal("3.2 " + name, AskBare("GET /p/openai/models" + query, fields), 401,
                 "invalid_api_key");
}

Case Missing(const std::string& name, const Fields& fields, const std::string& query = "") {
  return Refusal("3.2 " + name, AskBare("GET /p/openai/models" + query, fields), 401,
                 "missing_api_key");
}

}  // namespace

Cases Section3Credentials() {
  return {
      KeyIn("Authorization: Bearer", {"Authorization: Bearer {KEY}"}),
      KeyIn("the scheme in capitals", {"Authorization: BEARER {KEY}"}),
      KeyIn("the scheme in small letters", {"authorization: bearer {KEY}"}),
      KeyIn("several spaces after the scheme", {"Authorization: Bearer   {KEY}"}),
      KeyIn("x-api-key", {"x-api-key: {KEY}"}),
      KeyIn("X-API-Key", {"X-API-Key: {KEY}"}),
      KeyIn("api-key", {"api-key: {KEY}"}),
      KeyIn("x-goog-api-key", {"x-goog-api-key: {KEY}"}),
      KeyIn("the same key twice", {"Authorization: Bearer {KEY}", "x-api-key: {KEY}"}),
      KeyIn("the same header twice", {"x-api-key: {KEY}", "x-api-key: {KEY}"}),
      KeyIn("a placeholder beside the key", {"Authorization: Bearer dummy", "x-api-key: {KEY}"}),
      KeyIn("a provider's own key beside the key",
            {"x-api-key: sk-ant-something", "Authorization: Bearer {KEY}"}),
      KeyIn("a placeholder behind the key", {"x-api-key: {KEY}", "api-key: none"}),
      KeyIn("other schemes go nowhere", {"Authorization: Basic dXNlcg==", "api-key: {KEY}"}),
      KeyIn("Proxy-Authorization goes nowhere",
            {"Proxy-Authorization: Basic dXNlcg==", "api-key: {KEY}"}),
      KeyIn("all four at once", {"Authorization: Bearer {KEY}", "x-api-key: {KEY}",
                                 "api-key: {KEY}", "x-goog-api-key: {KEY}"}),
      KeyIn("empty credentials beside the key",
            {"x-api-key:", "api-key: ", "Authorization: Bearer {KEY}"}),
      KeyIn("a key in a header of another kind does not go on",
            {"Authorization: Bearer {KEY}", "X-Debug: {KEY}", "X-Plain: a"}, {"X-Plain: a"}),
      KeyIn("a key in the middle of another header does not go on",
            {"Authorization: Bearer {KEY}", "X-Debug: the key is {KEY}."}),
      KeyInQuery("the query parameter key", "?key={KEY}", ""),
      KeyInQuery("the parameter key first", "?key={KEY}&a=1&b=2", "?a=1&b=2"),
      KeyInQuery("the parameter key between others", "?a=1&key={KEY}&b=2", "?a=1&b=2"),
      KeyInQuery("the parameter key last", "?a=1&b=2&key={KEY}", "?a=1&b=2"),
      KeyInQuery("the parameter key twice", "?key={KEY}&a=1&key={KEY}", "?a=1"),
      KeyInQuery("the parameter key in escapes", "?%6b%65y={KEY}&a=1", "?a=1"),
      KeyInQuery("another key that is not ours stays", "?key=theirs&a=1", "?key=theirs&a=1",
                 {"x-api-key: {KEY}"}),
      KeyInQuery("an empty key stays", "?key=&a=1", "?key=&a=1", {"x-api-key: {KEY}"}),
      KeyInQuery("a key in a parameter of another name goes", "?token={KEY}&a=1", "?a=1",
                 {"x-api-key: {KEY}"}),
      KeyInQuery("empty pieces stay when the key goes", "?&a=&key={KEY}&&b", "?&a=&&b"),
      KeyInQuery("gemini reads key itself so it always goes", "?key=theirs&a=1", "?a=1",
                 {"x-goog-api-key: {KEY}"}, "gemini"),
      KeyInQuery("gemini with our key", "?key={KEY}&alt=sse", "?alt=sse", {}, "gemini"),
      Sent("openai", "/v1/x"),
      Sent("anthropic", "/v1/x"),
      Sent("gemini", "/v1beta/x"),
      Sent("azure", "/openai/v1/x"),
      Sent("ollama", "/v1/x"),
      Refusal("3.2 two different keys",
              AskBare("GET /p/openai/models",
                      {"Authorization: Bearer {KEY}", "x-api-key: {OTHER_KEY}"}),
              401, "invalid_api_key"),
      Refusal("3.2 two different keys, one in the query",
              AskBare("GET /p/openai/models?key={OTHER_KEY}", {"x-api-key: {KEY}"}), 401,
              "invalid_api_key"),
      Refusal("3.2 two different keys in one header name",
              AskBare("GET /p/openai/models", {"api-key: {KEY}", "api-key: {OTHER_KEY}"}), 401,
              "invalid_api_key"),
      Unknown("a good key and a broken one", {"x-api-key: {KEY}", "api-key: slk_broken"}),
      Unknown("a key in capitals", {"Authorization: Bearer SLK_ABC"}),
      Unknown("a key with more behind it", {"x-api-key: {KEY}x"}),
      Unknown("only a provider's key", {"Authorization: Bearer sk-emulator-openai-0000"}),
      Unknown("only a query key of another kind", {}, "?key=theirs"),
      Missing("nothing", {}),
      Missing("an empty Authorization", {"Authorization:"}),
      Missing("a scheme without a key", {"Authorization: Bearer"}),
      Missing("another scheme", {"Authorization: Basic {KEY}"}),
      Missing("a scheme that only begins like Bearer", {"Authorization: Bearers {KEY}"}),
      Missing("an empty x-api-key", {"x-api-key: "}),
      Missing("an empty query key", {}, "?key="),
      Missing("a key in Cookie", {"Cookie: key={KEY}"}),
      Missing("a key in Proxy-Authorization", {"Proxy-Authorization: Bearer {KEY}"}),
      Missing("a query parameter in another case", {}, "?KEY={KEY}"),
  };
}

}  // namespace sluice::test
