#include "dataplane/policy/location.h"

#include <gtest/gtest.h>

#include "common/base/text.h"
#include "tests/unit/dataplane/policy/policy_fixture.h"

namespace sluice::policy {
namespace {

struct Row {
  std::string_view url;
  std::string_view expected;  // empty: stays as it is
};

void ExpectRows(const config::ProviderEntry& provider, std::string_view host,
                std::initializer_list<Row> rows) {
  for (const Row& row : rows) {
    EXPECT_EQ(RewriteUrl(provider, row.url, {.host = host}).value_or(""), row.expected) << row.url;
  }
}

TEST(Location, Rule4_3_AbsoluteUrlsBelowTheBaseUrl) {
  OneProvider provider("openai");
  ExpectRows(*provider, "gw:8080",
             {{"https://api.openai.com/v1/files/1", "http://gw:8080/p/openai/files/1"},
              {"HTTPS://API.OpenAI.com:443/v1/a?x=1&&y", "http://gw:8080/p/openai/a?x=1&&y"},
              {"https://api.openai.com:/v1/a?", "http://gw:8080/p/openai/a"},
              {"https://api.openai.com/v1/a?b#c?d", "http://gw:8080/p/openai/a?b#c?d"},
              {"https://api.openai.com/v1/a//b/", "http://gw:8080/p/openai/a//b/"},
              {"//api.openai.com/v1/a", "http://gw:8080/p/openai/a"}});
}

TEST(Location, Rule4_3_PathAbsoluteUrlsStayPaths) {
  OneProvider provider("openai");
  ExpectRows(*provider, "gw:8080",
             {{"/v1/files/1?x", "/p/openai/files/1?x"}, {"/v1/a#b", "/p/openai/a#b"}});
}

TEST(Location, Rule4_3_AllElseStaysAsItIs) {
  OneProvider provider("openai");
  for (std::string_view url : {"http://api.openai.com/v1/a",
                               "https://api.openai.com:8443/v1/a",
                               "https://api.openai.com.evil.example/v1/a",
                               "https://user@api.openai.com/v1/a",
                               "https://evil.example/v1/a",
                               "https://api.openai.com/v10/a",
                               "https://api.openai.com/v1",
                               "https://api.openai.com/v1/",
                               "https://api.openai.com",
                               "https://api.openai.com?x",
                               "https://api.openai.com/other",
                               "https://api.openai.com:x/v1/a",
                               "https://api.openai.com\\@evil.example/v1/a",
                               "https:/v1/a",
                               "://api.openai.com/v1/a",
                               "//evil.example/v1/a",
                               "/v10/a",
                               "/V1/a",
                               "/login",
                               "v1/a",
                               "a/b",
                               "?x",
                               "#x",
                               "",
                               "/v1/../admin",
                               "/v1/%2e%2e/admin",
                               "/v1/a b",
                               "/v1/a%2Fb",
                               "/v1/a%zz",
                               "/v1/a?b c",
                               "/v1/a\\b",
                               "https://redirect.example/?to=https://api.openai.com/v1/a"}) {
    EXPECT_EQ(RewriteUrl(*provider, url, {.host = "gw"}), std::nullopt) << url;
  }
}

TEST(Location, Rule4_3_RootsAreOfTheProviderToo) {
  OneProvider gemini("gemini");
  constexpr std::string_view kUpload =
      "https://generativelanguage.googleapis.com/upload/v1beta/files?upload_id=A-b_1&x=%2F";
  ExpectRows(*gemini, "gw",
             {{kUpload, "http://gw/p/gemini/upload/v1beta/files?upload_id=A-b_1&x=%2F"},
              {"/v1beta/files/1", "/p/gemini/files/1"},
              {"/v1alpha/files/1", "/p/gemini/v1alpha/files/1"},
              {"/uploads/x", ""},
              {"/v1beta/upload/x", "/p/gemini/v1beta/upload/x"}});
}

TEST(Location, Rule4_3_TheBaseUrlIsPreferredToARootThatCoversIt) {
  OneProvider vllm("vllm", "http://h:8000/v1");
  ExpectRows(*vllm, "gw",
             {{"http://h:8000/v1/x", "http://gw/p/vllm/x"}, {"/health", "/p/vllm/root/health"}});
}

TEST(Location, Rule4_3_AnEndpointThatBeginsWithV1KeepsIt) {
  OneProvider deepseek("deepseek");
  ExpectRows(*deepseek, "gw", {{"/v1/x", "/p/deepseek/v1/v1/x"}, {"/x", "/p/deepseek/x"}});
}

TEST(Location, Rule4_3_AProviderKeyInTheQueryDoesNotComeDown) {
  OneProvider gemini("gemini");
  ExpectRows(*gemini, "gw",
             {{"/v1beta/f?alt=media&key=AIza", "/p/gemini/f?alt=media"},
              {"/v1beta/f?key=AIza#x", "/p/gemini/f#x"}});
}

TEST(Location, Rule4_3_HostIsCheckedBeforeItIsUsed) {
  for (std::string_view host :
       {"gw", "gw.example:1", "10.0.0.1:65535", "[::1]:80", "[::1]", "a_b"}) {
    EXPECT_TRUE(IsHostPort(host)) << host;
  }
  for (std::string_view host :
       {"",     ":80",    "gw:", "gw:0", "gw:65536", "gw:-1", "gw:+1", "gw:8o",
        "a b",  "a/b",    "a@b", "a?b",  "a#b",      "a\\b",  "::1",   "[::1",
        "::1]", "[::1]x", "[]",  "[x]",  "a%20",     "a,b",   "a:1:2", "\xff"}) {
    EXPECT_FALSE(IsHostPort(host)) << host;
  }
}

TEST(Location, Rule4_3_WithoutAUsableHostAPathIsGiven) {
  OneProvider provider("openai");
  for (std::string_view host : {"", "evil/", "a@b"}) {
    EXPECT_EQ(RewriteUrl(*provider, "https://api.openai.com/v1/a?b", {.host = host}),
              "/p/openai/a?b");
  }
}

TEST(Location, Rule4_3_HttpsIfWhoeverEndsTlsSaysSo) {
  OneProvider provider("openai");
  const std::pair<std::string_view, std::string_view> rows[] = {{"https", "https"},
                                                                {"HTTPS", "https"},
                                                                {"http", "http"},
                                                                {"javascript", "http"},
                                                                {"", "http"}};
  for (const auto& [forwarded, scheme] : rows) {
    http::HeaderList request;
    request.Add("Host", "gw:1");
    request.Add("x-forwarded-proto", forwarded);
    EXPECT_EQ(RewriteUrl(*provider, "https://api.openai.com/v1/a", OriginSeenBy(request)),
              base::Cat(scheme, "://gw:1/p/openai/a"))
        << forwarded;
  }
}

TEST(Location, Rule4_3_HttpsIfTheGatewayItselfEndsTls) {
  OneProvider provider("openai");
  http::HeaderList request;
  request.Add("Host", "gw:1");
  request.Add("X-Forwarded-Proto", "http");
  EXPECT_EQ(RewriteUrl(*provider, "https://api.openai.com/v1/a", OriginSeenBy(request, true)),
            "https://gw:1/p/openai/a");
}

}  // namespace
}  // namespace sluice::policy
