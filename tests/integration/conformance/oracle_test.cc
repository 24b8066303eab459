// The judge of the suite is judged: a request that it must let pass, and one wrong thing at a time.
#include "tests/integration/conformance/oracle.h"

#include <gtest/gtest.h>

namespace sluice::test {
namespace {

using State = Judgement::State;

ProviderFacts Facts() {
  return {"127.0.0.1:80", "Authorization", "Bearer sk-one", {"sk-one", "sk-two"}};
}

std::string Get(const std::string& target, const std::string& fields = "",
                const std::string& rest = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1:80\r\nAuthorization: Bearer sk-one\r\n" +
         fields + "\r\n" + rest;
}

TEST(OracleTest, LetsSoundRequestsPass) {
  const std::string sound[] = {
      Get("/v1/models"),
      Get("/v1/models?a=&a=%20"),
      Get("/", "X-Empty:\r\n"),
      Get("/", "Content-Length: 3\r\n", "abc"),
      Get("/", "Content-Length: 0\r\n"),
      Get("/", "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"),
  };
  for (const std::string& request : sound) {
    const Judgement judged = Judge(request, Facts());
    EXPECT_EQ(judged.state, State::kComplete) << request;
    EXPECT_TRUE(judged.violations.empty()) << request << judged.violations.front();
    EXPECT_EQ(judged.size, request.size());
    for (size_t part = 0; part < request.size(); ++part) {
      EXPECT_EQ(Judge(request.substr(0, part), Facts()).state, State::kIncomplete) << part;
    }
  }
}

TEST(OracleTest, DecodesBodies) {
  EXPECT_EQ(Judge(Get("/", "Content-Length: 3\r\n", "abc"), Facts()).body, "abc");
  const std::string chunked = Get("/", "Transfer-Encoding: chunked\r\n", "1\r\na\r\n2\r\nbc\r\n");
  EXPECT_EQ(Judge(chunked, Facts()).body, "abc");
  EXPECT_EQ(Judge(chunked + "0\r\n\r\n", Facts()).body, "abc");
}

TEST(OracleTest, RefusesWhatIsWrong) {
  using std::string_literals::operator""s;
  const std::string key = "Authorization: Bearer sk-one\r\n";
  const std::string host = "Host: 127.0.0.1:80\r\n";
  const std::string wrong[] = {
      "GET /\r\n" + host + key + "\r\n",
      "GET / HTTP/1.0\r\n" + host + key + "\r\n",
      "GET / HTTP/1.1 \r\n" + host + key + "\r\n",
      "BREW / HTTP/1.1\r\n" + host + key + "\r\n",
      "GET / HTTP/1.1\n" + host + key + "\n\n",
      Get("v1/models"),
      Get("http://h/v1"),
      Get("/a b"),
      Get("/a\tb"),
      Get("/a\x7f"),
      Get("/a\xc3\xa9"),
      Get("/a#b"),
      Get("/a/../b"),
      Get("/a/%2E%2e"),
      Get("/a/.%2fb"),
      Get("/", "no colon\r\n"),
      Get("/", ": no name\r\n"),
      Get("/", "A b: c\r\n"),
      Get("/", "A : c\r\n"),
      Get("/", " folded: c\r\n"),
      Get("/", "X: a\x01\r\n"),
      Get("/", "X: a\0b\r\n"s),
      Get("/", "X: a\nY: b\r\n"),
      Get("/", "X: a\rb\r\n"),
      "GET / HTTP/1.1\r\n" + key + "\r\n",
      "GET / HTTP/1.1\r\nHost: other\r\n" + key + "\r\n",
      Get("/", "host: 127.0.0.1:80\r\n"),
      Get("/", "Connection: keep-alive\r\n"),
      Get("/", "TE: trailers\r\n"),
      Get("/", "Trailer: x\r\n"),
      Get("/", "Upgrade: x\r\n"),
      Get("/", "Expect: 100-continue\r\n"),
      Get("/", "Cookie: a=b\r\n"),
      Get("/", "Via: x\r\n"),
      Get("/", "X-Forwarded-For: x\r\n"),
      Get("/", "X-Sluice-Anything: x\r\n"),
      Get("/", "Proxy-Authorization: x\r\n"),
      Get("/", "Content-Length: 1\r\nContent-Length: 1\r\n", "a"),
      Get("/", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
      Get("/", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
      Get("/", "Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
      Get("/", "Transfer-Encoding: Chunked\r\n", "0\r\n\r\n"),
      Get("/", "Content-Length: 1x\r\n", "a"),
      Get("/", "Content-Length: \r\n"),
      Get("/", "Content-Length: -1\r\n"),
      Get("/", "Content-Length: 1\r\n", "ab"),
      Get("/", "", "GET"),
      Get("/", "Transfer-Encoding: chunked\r\n", "x\r\n"),
      Get("/", "Transfer-Encoding: chunked\r\n", "1;a=b\r\nx\r\n0\r\n\r\n"),
      Get("/", "Transfer-Encoding: chunked\r\n", "1\r\nxy\r\n0\r\n\r\n"),
      Get("/", "Transfer-Encoding: chunked\r\n", "0\r\nX-Trailer: a\r\n\r\n"),
      Get("/", "Transfer-Encoding: chunked\r\n", "0\r\n\r\nrest"),
      "GET / HTTP/1.1\r\n" + host + "\r\n",
      "GET / HTTP/1.1\r\n" + host + "Authorization: Bearer sk-two\r\n\r\n",
      Get("/", key),
      Get("/", "x-api-key: anything\r\n"),
      Get("/?key=sk-one"),
      Get("/", "X-Other: sk-two\r\n"),
      Get("/", "X-Other: slk_abc\r\n"),
      Get("/?k=slk_abc"),
      Get("/", "Content-Length: 8\r\n", "slk_abcd"),
  };
  for (const std::string& request : wrong) {
    const Judgement judged = Judge(request, Facts());
    EXPECT_EQ(judged.state, State::kUnsound) << request;
    EXPECT_FALSE(judged.violations.empty()) << request;
  }
}

TEST(OracleTest, AProviderThatTakesNoKeyMustGetNone) {
  ProviderFacts facts = Facts();
  facts.credential_name = facts.credential_value = "";
  const std::string bare = "GET / HTTP/1.1\r\nHost: 127.0.0.1:80\r\n";
  EXPECT_EQ(Judge(bare + "\r\n", facts).state, State::kComplete);
  EXPECT_EQ(Judge(bare + "Authorization: Bearer x\r\n\r\n", facts).state, State::kUnsound);
  EXPECT_EQ(Judge(bare + "X-Other: sk-one\r\n\r\n", facts).state, State::kUnsound);
}

}  // namespace
}  // namespace sluice::test
