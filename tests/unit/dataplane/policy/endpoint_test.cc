#include "dataplane/policy/endpoint.h"

#include <gtest/gtest.h>

#include "tests/unit/dataplane/policy/policy_fixture.h"

namespace sluice::policy {
namespace {

struct Row {
  std::string_view raw;
  std::string_view expected;  // the endpoint, or the code of the refusal
};

std::string Normalised(const config::ProviderEntry& provider, std::string_view raw,
                       bool v1_alias_allowed = true) {
  Decision<std::string> endpoint = NormaliseEndpoint(raw, provider, v1_alias_allowed);
  if (const http::GatewayError* refused = Refused(endpoint)) {
    EXPECT_EQ(refused->status, 400);
    EXPECT_EQ(refused->type, http::kTypeInvalidRequest);
    return std::string(refused->code);
  }
  return std::get<std::string>(endpoint);
}

void ExpectRows(const config::ProviderEntry& provider, std::initializer_list<Row> rows) {
  for (const Row& row : rows) EXPECT_EQ(Normalised(provider, row.raw), row.expected) << row.raw;
}

config::ProviderEntry Entry(std::string base_path = "/v1") {
  config::ProviderEntry entry;
  entry.name = "x";
  entry.base.path = std::move(base_path);
  return entry;
}

TEST(Endpoint, Rule1_3_JoinsBaseUrlAndEndpointAsBytes) {
  EXPECT_EQ(UpstreamPath(Entry("/v1"), "chat/completions"), "/v1/chat/completions");
  EXPECT_EQ(UpstreamPath(Entry(""), "chat/completions"), "/chat/completions");
  EXPECT_EQ(UpstreamPath(Entry("/a/b"), "/x//"), "/a/b//x//");
}

TEST(Endpoint, Rule1_3_RootRulesChooseAnotherPathFirstMatchWins) {
  config::ProviderEntry entry = Entry("/api/paas/v4");
  entry.roots = {{"anthropic/", "/api/anthropic/"}, {"anthropic/x/", "/never/"}, {"up/", "/"}};
  EXPECT_EQ(UpstreamPath(entry, "anthropic/v1/messages"), "/api/anthropic/v1/messages");
  EXPECT_EQ(UpstreamPath(entry, "anthropic/x/y"), "/api/anthropic/x/y");
  EXPECT_EQ(UpstreamPath(entry, "anthropic"), "/api/paas/v4/anthropic");
  EXPECT_EQ(UpstreamPath(entry, "up/v1/x"), "/v1/x");
  EXPECT_EQ(UpstreamPath(entry, "up/"), "/");
}

TEST(Endpoint, Rule1_3_RootPrefixEndsWhereASegmentEnds) {
  config::ProviderEntry entry = Entry();
  entry.roots = {{"x", "/root/"}};
  EXPECT_EQ(UpstreamPath(entry, "x../y"), "/v1/x../y");
  EXPECT_EQ(UpstreamPath(entry, "x"), "/root/");
}

TEST(Endpoint, Rule1_4_EncodedSlashesBecomeSlashes) {
  ExpectRows(Entry(), {{"models%2Ffoo%2fbar", "models/foo/bar"},
                       {"%2Fx", "/x"},
                       {"x%2F", "x/"},
                       {"x%2F%2Fy", "x//y"},
                       {"v1%2Fmodels", "models"},
                       {"x%252Fy", "x%252Fy"},
                       {"x%25%32%46y", "x%25%32%46y"}});
}

TEST(Endpoint, Rule1_4_EveryOtherByteStaysAsSent) {
  for (std::string_view raw : {"a%3Fb",
                               "a%23b",
                               "a%25b",
                               "a%20b",
                               "models/gemini:generateContent",
                               "a;b=c",
                               "a+b",
                               "a//b",
                               "a/",
                               "%C3%A9",
                               "\xC3\xA9",
                               "a%41%61",
                               "@user:pass",
                               "http://evil.example/x",
                               "...",
                               "a/...",
                               ".a",
                               "..a/b..",
                               "%2e%2e%2e",
                               "~!$&'()*,=-_",
                               "\"<>^`{|}",
                               "a:80"}) {
    EXPECT_EQ(Normalised(Entry(), raw), raw);
  }
}

TEST(Endpoint, Rule1_4_ProviderMayPreserveEncodedSlashes) {
  config::ProviderEntry entry = Entry();
  entry.decode_slashes = false;
  ExpectRows(entry, {{"models%2Ffoo", "models%2Ffoo"},
                     {"v1%2Fmodels", "v1%2Fmodels"},
                     {"v1/a%2fb", "a%2fb"},
                     {"a%2F..%2Fb", "invalid_path"},
                     {"..%2fb", "invalid_path"}});
}

TEST(Endpoint, Rule1_5_LeadingV1IsRemovedOnce) {
  ExpectRows(Entry(), {{"v1/chat/completions", "chat/completions"},
                       {"chat/completions", "chat/completions"},
                       {"v1/v1/x", "v1/x"},
                       {"v1//x", "/x"},
                       {"V1/x", "V1/x"},
                       {"v1beta/x", "v1beta/x"},
                       {"/v1/x", "/v1/x"},
                       {"%761/x", "%761/x"},
                       {"v10", "v10"},
                       {"x/v1/y", "x/v1/y"}});
}

TEST(Endpoint, Rule1_5_EmptyEndpointIsRefused) {
  ExpectRows(Entry(), {{"", "endpoint_required"},
                       {"v1", "endpoint_required"},
                       {"v1/", "endpoint_required"},
                       {"v1%2F", "endpoint_required"}});
}

TEST(Endpoint, Rule1_5_AliasMayBeDisabled) {
  for (std::string_view raw : {"v1", "v1/", "v1/x", "v1%2fx"}) {
    EXPECT_EQ(Normalised(Entry(), raw, false), "v1_alias_disabled") << raw;
  }
  EXPECT_EQ(Normalised(Entry(), "", false), "endpoint_required");
  EXPECT_EQ(Normalised(Entry(), "x", false), "x");
  EXPECT_EQ(Normalised(Entry(), "v1beta/x", false), "v1beta/x");
}

TEST(Endpoint, Rule1_5_ProviderMayKeepV1) {
  config::ProviderEntry entry = Entry();
  entry.strip_v1 = false;
  EXPECT_EQ(Normalised(entry, "v1/x"), "v1/x");
  EXPECT_EQ(Normalised(entry, "v1"), "v1");
  EXPECT_EQ(Normalised(entry, "v1/x", false), "v1/x");
  EXPECT_EQ(Normalised(entry, ""), "endpoint_required");
}

TEST(Endpoint, Rule1_6_DotSegmentsInAnySpellingAreRefused) {
  for (std::string_view raw :
       {".",          "..",    "../x",       "x/..",    "x/../y",   "./x",        "x/.",
        "x/./y",      "%2e",   "%2E%2e/x",   ".%2e/x",  "x/%2e./y", "x%2F..%2Fy", "..%2Fx",
        "x%2f%2e%2E", "v1/..", "v1/../../x", "v1%2F..", "x/..//y",  "//.."}) {
    EXPECT_EQ(Normalised(Entry(), raw), "invalid_path") << raw;
  }
}

TEST(Endpoint, Rule1_6_ControlCharactersBackslashesAndBadEscapesAreRefused) {
  using namespace std::string_view_literals;
  for (std::string_view raw :
       {"a\0b"sv, "a\rb"sv, "a\nb"sv, "a\tb"sv,  "a\x7f"sv,  "a b"sv,   "a%00b"sv, "a%0d%0aX: y"sv,
        "a%1F"sv, "a%7f"sv, "a\\b"sv, "..\\x"sv, "..%5Cx"sv, "a%5cb"sv, "%"sv,     "a%"sv,
        "a%2"sv,  "a%zz"sv, "a%2G"sv, "%%2F"sv,  "a%2%46"sv, "a#b"sv,   "#"sv}) {
    EXPECT_EQ(Normalised(Entry(), raw), "invalid_path") << raw;
  }
}

TEST(Endpoint, SpelledEndpointNormalisesToItself) {
  config::ProviderEntry entry = Entry();
  for (std::string_view endpoint : {"x", "v1", "v1/", "v1/x", "v1/v1/x", "/v1/x", "v1beta/x"}) {
    EXPECT_EQ(Normalised(entry, SpellEndpoint(entry, endpoint)), endpoint);
  }
  entry.strip_v1 = false;
  EXPECT_EQ(SpellEndpoint(entry, "v1/x"), "v1/x");
}

TEST(Endpoint, FirstAuthRuleThatFitsCounts) {
  config::ProviderEntry entry = Entry();
  entry.auth = {{"anthropic/", "x-api-key", ""}, {"", "Authorization", "Bearer"}};
  EXPECT_EQ(AuthFor(entry, "anthropic/v1/messages")->header, "x-api-key");
  EXPECT_EQ(AuthFor(entry, "chat/completions")->header, "Authorization");
  entry.auth.pop_back();
  EXPECT_EQ(AuthFor(entry, "chat/completions"), nullptr);
}

TEST(Endpoint, DeniedInEverySpelling) {
  config::ProviderEntry entry = Entry();
  entry.denied_endpoints = {"api/pull", "api/blobs/"};
  for (std::string_view endpoint :
       {"api/pull", "api/pull/", "api//pull", "/api/pull", "%61pi/pull", "api/pul%6C", "api%2fpull",
        "api/blobs", "api/blobs/sha256:1", "api/blobs//x/y"}) {
    EXPECT_TRUE(IsDenied(entry, endpoint)) << endpoint;
  }
  for (std::string_view endpoint :
       {"api/pulls", "api/pull/x", "api", "x/api/pull", "api/blobsy", "api/tags"}) {
    EXPECT_FALSE(IsDenied(entry, endpoint)) << endpoint;
  }
  EXPECT_FALSE(IsDenied(Entry(), "api/pull"));
}

TEST(Endpoint, DeniedHoweverTheListSpellsIt) {
  config::ProviderEntry entry = Entry();
  entry.denied_endpoints = {"a%20b", "x//y/", "z%2F"};
  for (std::string_view endpoint : {"a%20b", "%61%20b/", "x/y", "x//y", "x/y/z", "z"}) {
    EXPECT_TRUE(IsDenied(entry, endpoint)) << endpoint;
  }
  for (std::string_view endpoint : {"a%2520b", "ab", "x/yz", "x", "z/y"}) {
    EXPECT_FALSE(IsDenied(entry, endpoint)) << endpoint;
  }
}

TEST(Endpoint, DeniedWhicheverRootLeadsThere) {
  config::ProviderEntry entry = Entry("/v1beta");
  entry.roots = {{"v1beta/", "/v1beta/"}, {"root/", "/"}};
  entry.denied_endpoints = {"files", "root/v1beta/batches/"};
  for (std::string_view endpoint :
       {"files", "v1beta/files", "v1beta//files/", "root/v1beta/files", "root//v1beta/fil%65s",
        "batches", "batches/x", "v1beta/batches/x"}) {
    EXPECT_TRUE(IsDenied(entry, endpoint)) << endpoint;
  }
  for (std::string_view endpoint : {"root/files", "v1beta/v1beta/files", "files/x", "batchesx"}) {
    EXPECT_FALSE(IsDenied(entry, endpoint)) << endpoint;
  }
}

}  // namespace
}  // namespace sluice::policy
