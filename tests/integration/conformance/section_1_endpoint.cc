// docs/PASSTHROUGH.md 1.4 to 1.7: what becomes of the endpoint and the query.
#include "tests/integration/conformance/rows.h"

namespace sluice::test {
namespace {

// An endpoint that arrives as it was sent.
Case Kept(const std::string& name, const std::string& endpoint) {
  return Path("1.4 " + name, endpoint, "/v1/" + endpoint);
}

Case Query(const std::string& name, const std::string& query) {
  return Path("1.7 " + name, "models" + query, "/v1/models" + query);
}

Case RefusedTarget(const std::string& name, const std::string& target) {
  return Refusal("1.6 " + name, Ask("GET " + target), 400, "invalid_path");
}

Case Climbs(const std::string& name, const std::string& endpoint) {
  return RefusedPath("1.6 " + name, endpoint, "invalid_path");
}

Case NoEndpoint(const std::string& name, const std::string& target) {
  return Refusal("1.5 " + name, Ask("GET " + target), 400, "endpoint_required");
}

// Every byte that may be written as an escape but the slash, the dot, the backslash and controls.
std::string EveryEscape() {
  std::string text;
  for (int c = 0x20; c < 256; ++c) {
    if (c == '/' || c == '.' || c == '\\' || c == 0x7f) continue;
    static const char kDigits[] = "0123456789ABCDEF";
    text += {'%', kDigits[c / 16], kDigits[c % 16]};
  }
  return text;
}

const Fields kNoAlias = {"allow_passthrough_v1_alias=false"};

Case NoAlias(const std::string& name, const std::string& endpoint) {
  return WithSettings(RefusedPath("1.5 " + name, endpoint, "v1_alias_disabled"), kNoAlias);
}

Cases Slashes() {
  return {
      Path("1.4 upper-case %2F", "files%2Fa", "/v1/files/a"),
      Path("1.4 lower-case %2f", "files%2fa", "/v1/files/a"),
      Path("1.4 several encoded slashes", "a%2Fb%2fc/d", "/v1/a/b/c/d"),
      Path("1.4 an encoded slash at the end", "files%2F", "/v1/files/"),
      Path("1.4 an encoded slash at the beginning", "%2Ffiles", "/v1//files"),
      Path("1.4 two encoded slashes in a row", "a%2F%2Fb", "/v1/a//b"),
      Path("1.4 decoding happens once", "a%252Fb", "/v1/a%252Fb"),
      Path("1.4 an encoded slash in the query stays", "models?a=%2F%2f", "/v1/models?a=%2F%2f"),
      Path("1.4 an instance that keeps encoded slashes", "a%2Fb%2fc", "/v1/a%2Fb%2fc",
           "keeps-slashes"),
      Kept("%3F", "a%3Fb"),
      Kept("%23", "a%23b"),
      Kept("%25", "a%25b"),
      Kept("%20", "a%20b"),
      Kept("colon", "models/g:generate"),
      Kept("semicolon", "a;b=c"),
      Kept("plus", "a+b"),
      Kept("double slash", "a//b"),
      Kept("a slash at the end", "models/"),
      Kept("many slashes at the end", "models///"),
      Kept("encoded UTF-8", "%C3%A9%e2%82%ac"),
      Kept("bytes that are not UTF-8", "%ff%FE"),
      Kept("escapes in small letters", "%c3%a9%7e"),
      Kept("escapes of plain letters", "%61%62%63"),
      Kept("all marks that a path may have", "-._~!$&'()*+,;=:@"),
      Kept("marks that a path should not have", "\"<>[]^`{|}"),
      Kept("an escape of every byte", EveryEscape()),
      Kept("a long segment", std::string(2000, 'a')),
      Kept("capitals", "Models/GPT"),
  };
}

Cases Aliases() {
  return {
      Path("1.5 v1 is dropped", "v1/chat/completions", "/v1/chat/completions"),
      Path("1.5 without v1 it is the same", "chat/completions", "/v1/chat/completions"),
      Path("1.5 v1 is dropped once", "v1/v1/x", "/v1/v1/x"),
      Path("1.5 v1 is dropped after the slash was decoded", "v1%2Fx", "/v1/x"),
      Path("1.5 v1 is dropped with an instance elsewhere", "v1/x", "/east/v1/x", "openai-east"),
      Path("1.5 v1 is dropped where no v1 is in the base url", "v1/x", "/x", "plain"),
      Path("1.5 V1 is not touched", "V1/x", "/v1/V1/x"),
      Path("1.5 v1beta is not touched", "v1beta/x", "/v1/v1beta/x"),
      Path("1.5 v1 after a double slash is not touched", "/v1/x", "/v1//v1/x"),
      Path("1.5 a double slash is not touched", "/x", "/v1//x"),
      Path("1.5 v1 further behind is not touched", "x/v1/y", "/v1/x/v1/y"),
      Path("1.5 an encoded v1 is not touched", "%761/x", "/v1/%761/x"),
      Path("1.5 a double slash behind v1", "v1//x", "/v1//x"),
      NoEndpoint("no endpoint", "/p/openai/"),
      NoEndpoint("no endpoint and no slash", "/p/openai"),
      NoEndpoint("no endpoint but a query", "/p/openai/?a=b"),
      NoEndpoint("no slash but a query", "/p/openai?a=b"),
      NoEndpoint("v1 alone", "/p/openai/v1"),
      NoEndpoint("v1 with its slash", "/p/openai/v1/"),
      NoEndpoint("v1 with an encoded slash", "/p/openai/v1%2f"),
      NoEndpoint("v1 and a query", "/p/openai/v1?a=b"),
      Path("1.5 an instance that keeps v1", "v1/x", "/v1/v1/x", "keeps-v1"),
      Path("1.5 an instance that keeps v1 alone", "v1", "/v1/v1", "keeps-v1"),
      NoAlias("alias off", "v1/models"),
      NoAlias("alias off, v1 alone", "v1"),
      NoAlias("alias off, v1 with its slash", "v1/"),
      NoAlias("alias off, encoded slash", "v1%2Fmodels"),
      WithSettings(Path("1.5 alias off leaves the rest", "models", "/v1/models"), kNoAlias),
      WithSettings(Path("1.5 alias off leaves v1beta", "v1beta/x", "/v1/v1beta/x"), kNoAlias),
      WithSettings(
          Path("1.5 alias off and an instance that keeps v1", "v1/x", "/v1/v1/x", "keeps-v1"),
          kNoAlias),
  };
}

Cases Climbing() {
  return {
      Climbs("a dot segment", "a/./b"),
      Climbs("a dot segment first", "./b"),
      Climbs("a dot segment last", "a/."),
      Climbs("a dot segment alone", "."),
      Climbs("two dots", "a/../b"),
      Climbs("two dots first", "../b"),
      Climbs("two dots last", "a/.."),
      Climbs("two dots alone", ".."),
      Climbs("two dots in capitals", "a/%2E%2E/b"),
      Climbs("two dots in small letters", "a/%2e%2e/b"),
      Climbs("two dots half encoded", "a/.%2e/b"),
      Climbs("two dots half encoded the other way", "a/%2E./b"),
      Climbs("an encoded dot", "a/%2e/b"),
      Climbs("two dots behind an encoded slash", "a%2F../b"),
      Climbs("two dots before an encoded slash", "a/..%2fb"),
      Climbs("everything encoded", "a%2f%2e%2e%2Fb"),
      Climbs("two dots behind v1", "v1/../x"),
      At(Refusal("1.6 two dots behind an encoded slash that is kept",
                 Ask("GET /p/keeps-slashes/a%2F..%2Fb"), 400, "invalid_path"),
         "keeps-slashes"),
      Climbs("two dots before a query", "..?a=b"),
      Climbs("an encoded NUL", "a%00b"),
      Climbs("an encoded line feed", "a%0Ab"),
      Climbs("an encoded carriage return", "a%0db"),
      Climbs("an encoded tab", "a%09b"),
      Climbs("an encoded DEL", "a%7Fb"),
      Climbs("a backslash", "a\\b"),
      Climbs("two dots and a backslash", "..\\b"),
      Climbs("an encoded backslash", "a%5cb"),
      Climbs("a percent alone", "a%"),
      Climbs("a percent and one digit", "a%4"),
      Climbs("a percent and no digits", "a%zz"),
      Climbs("a percent and one good digit", "a%4g"),
      Climbs("a percent twice", "a%%41"),
      Climbs("a fragment", "a#b"),
      Climbs("a fragment in the query", "a?b#c"),
      RefusedTarget("an absolute URL", "http://gateway.test/p/openai/models"),
      RefusedTarget("an absolute URL of the provider", "http://{UPSTREAM}/v1/models"),
      RefusedTarget("no slash at the beginning", "p/openai/models"),
      RefusedTarget("a host and a port", "gateway.test:443"),
      RefusedTarget("an asterisk", "*"),
      RefusedTarget("a query alone", "?a=b"),
      Path("1.6 three dots are a name", "a/.../b", "/v1/a/.../b"),
      Path("1.6 dots in a name", "a..b/.c/d.", "/v1/a..b/.c/d."),
      Path("1.6 encoded dots in a name", "a%2e%2Eb", "/v1/a%2e%2Eb"),
      Path("1.6 dots in the query", "a?b=../../c", "/v1/a?b=../../c"),
      Path("1.6 an address in the endpoint", "http://other.test/x", "/v1/http://other.test/x"),
      Path("1.6 user info in the endpoint", "@other.test/x", "/v1/@other.test/x"),
      Path("1.6 a port in the endpoint", ":81/x", "/v1/:81/x"),
      Path("1.6 a port behind a base url without a path", ":81/x", "/:81/x", "plain"),
      Path("1.6 a host behind a base url without a path", "/other.test/x", "//other.test/x",
           "plain"),
  };
}

Cases Queries() {
  return {
      Query("a query", "?limit=2"),
      Query("order", "?b=2&a=1&c=3"),
      Query("duplicates", "?a=1&a=2&a=1"),
      Query("empty values", "?a=&b=&c"),
      Query("empty names", "?=1&&=2&"),
      Query("a question mark alone", "?"),
      Query("question marks inside", "?a?b=?c"),
      Query("a slash inside", "?a=/b//c/"),
      Query("escapes", "?a=%20%2f%2F%3d%00%25&%61=b"),
      Query("broken escapes", "?a=%&b=%zz&c=%4"),
      Query("plus and semicolon", "?a=b+c;d=e"),
      Query("brackets", "?filter[a][]=1"),
      Query("a backslash", "?a=b\\c"),
      Query("quotes", "?q='a'\"b\""),
      Query("an URL", "?u=http://a.test:80/b?c=d"),
      Query("two dots", "?../..=.."),
      Query("a long query", "?a=" + std::string(4000, 'x')),
      Query("a parameter like key", "?keys=1&Key=2&apikey=3&a=key"),
      Path("1.7 behind a decoded slash", "a%2Fb?c%2Fd", "/v1/a/b?c%2Fd"),
      Path("1.7 behind v1", "v1/models?v1/=v1/", "/v1/models?v1/=v1/"),
  };
}

}  // namespace

Cases Section1Endpoint() {
  Cases all;
  for (const Cases& part : {Slashes(), Aliases(), Climbing(), Queries()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace sluice::test
