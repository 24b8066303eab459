#include "dataplane/policy/upstream_headers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/dataplane/policy/policy_fixture.h"

namespace sluice::policy {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

const config::ProviderKeyEntry kKey{"pk_1", base::Secret(std::string_view("sk-provider"))};

std::vector<std::string> Up(const Route& route, const Fields& fields,
                            const config::ProviderKeyEntry* key = &kKey) {
  http::HeaderList out;
  out.Add("Stale", "from the request before");
  BuildUpstreamHeaders(Request("POST", "/", fields), route, key, "id-1", &out);
  return Lines(out);
}

// What goes up of `fields` besides the request id and the credential, with preset openai.
std::vector<std::string> Forwarded(const Fields& fields) {
  OneProvider provider("openai");
  std::vector<std::string> lines = Up(provider.RouteTo("x"), fields);
  std::erase(lines, "X-Request-Id: id-1");
  std::erase(lines, "Authorization: Bearer sk-provider");
  return lines;
}

TEST(UpstreamHeaders, Rule3_1_ForwardedAsSent) {
  Fields fields = {{"user-AGENT", "x/1"},         {"Accept-Encoding", "br, gzip"},
                   {"anthropic-beta", "a"},       {"Content-Encoding", "zstd"},
                   {"anthropic-beta", "b"},       {"X-Goog-Upload-Protocol", "resumable"},
                   {"OpenAI-Beta", ""},           {"Content-Type", "multipart/form-data; b=\"x\""},
                   {"ANTHROPIC-BETA", "a"},       {"X-Tenant", "\xC3\xA9"},
                   {"Upgrade-Insecure", "1"},     {"X-Forwardedness", "y"},
                   {"X-Api-Key-Id", "not a key"}, {"Cookies", "z"}};
  std::vector<std::string> expected;
  for (const auto& [name, value] : fields) expected.push_back(name + ": " + value);
  EXPECT_THAT(Forwarded(fields), ElementsAreArray(expected));
}

TEST(UpstreamHeaders, Rule3_1_NothingElseIsAdded) {
  OneProvider provider("openai");
  EXPECT_THAT(Up(provider.RouteTo("x"), {}),
              ElementsAre("X-Request-Id: id-1", "Authorization: Bearer sk-provider"));
}

TEST(UpstreamHeaders, Rule3_2_CredentialHeadersGoWhateverTheyHold) {
  EXPECT_THAT(Forwarded({{"AUTHORIZATION", "Basic x"},
                         {"Authorization", "Bearer y"},
                         {"X-API-KEY", "placeholder"},
                         {"Api-Key", ""},
                         {"x-goog-api-key", "z"},
                         {"Proxy-Authorization", "w"},
                         {"Accept", "*/*"}}),
              ElementsAre("Accept: */*"));
}

TEST(UpstreamHeaders, Rule3_2_AWholeSluiceKeyGoesNowhere) {
  OneProvider provider("openai");
  Fields fields = {{"X-Custom-Token", "t " + provider.client_key()},
                   {provider.client_key(), "x"},
                   {"X-Other", "slk_short"}};
  EXPECT_THAT(
      Up(provider.RouteTo("x"), fields),
      ElementsAre("X-Other: slk_short", "X-Request-Id: id-1", "Authorization: Bearer sk-provider"));
}

TEST(UpstreamHeaders, Rule3_3_Removed) {
  EXPECT_THAT(Forwarded({{"Connection", "keep-alive"},
                         {"Keep-Alive", "5"},
                         {"Proxy-Connection", "x"},
                         {"PROXY-anything", "x"},
                         {"TE", "trailers"},
                         {"Trailer", "x"},
                         {"Transfer-Encoding", "chunked"},
                         {"Content-Length", "5"},
                         {"Upgrade", "websocket"},
                         {"Host", "gateway"},
                         {"Cookie", "a=b"},
                         {"Forwarded", "for=1"},
                         {"X-Forwarded-For", "1"},
                         {"x-forwarded-anything", "1"},
                         {"X-Real-IP", "1"},
                         {"Via", "1.1 x"},
                         {"X-Sluice-Request-Id", "1"},
                         {"x-sluice-anything", "1"},
                         {"Expect", "100-continue"}}),
              ElementsAre());
}

TEST(UpstreamHeaders, Rule3_3_WhatConnectionNames) {
  EXPECT_THAT(Forwarded({{"X-Hop", "1"},
                         {"Connection", "keep-alive, x-HOP ,, content-type"},
                         {"Content-Type", "a/b"},
                         {"connection", "x-second"},
                         {"X-Second", "2"},
                         {"X-Hops", "3"}}),
              ElementsAre("X-Hops: 3"));
}

TEST(UpstreamHeaders, Rule3_3_ConnectionCannotTakeWhatTheGatewaySets) {
  OneProvider provider("anthropic");
  EXPECT_THAT(
      Up(provider.RouteTo("messages"),
         {{"Connection", "x-api-key, x-request-id, anthropic-version, authorization"},
          {"anthropic-version", "1"},
          {"x-api-key", "mine"}}),
      ElementsAre("X-Request-Id: id-1", "anthropic-version: 2023-06-01", "x-api-key: sk-provider"));
}

TEST(UpstreamHeaders, Rule3_4_CredentialAsTheEndpointsAuthRuleSays) {
  OneProvider provider("xiaomi");
  EXPECT_THAT(Up(provider.RouteTo("anthropic/v1/messages"), {}),
              ElementsAre("X-Request-Id: id-1", "x-api-key: sk-provider"));
  EXPECT_THAT(Up(provider.RouteTo("chat/completions"), {}),
              ElementsAre("X-Request-Id: id-1", "Authorization: Bearer sk-provider"));
}

TEST(UpstreamHeaders, Rule3_4_NoKeyNoCredential) {
  OneProvider provider("ollama");
  Fields fields = {{"Authorization", "Bearer mine"}};
  EXPECT_THAT(Up(provider.RouteTo("x"), fields, nullptr), ElementsAre("X-Request-Id: id-1"));
  Route route = provider.RouteTo("x");
  route.auth = nullptr;
  EXPECT_THAT(Up(route, fields), ElementsAre("X-Request-Id: id-1"));
}

TEST(UpstreamHeaders, Rule3_4_AClientCannotUseTheProvidersOwnCredentialHeader) {
  Gateway gateway;
  auto& provider = gateway.AddProvider("custom", "custom", "https://x.example");
  for (std::string_view header : {"X-Token", "X-Second-Token"}) {
    auto& rule = *provider.add_auth();
    rule.set_header(std::string(header));
    rule.set_prefix(header == "X-Token" ? "a/" : "");
  }
  std::string key = gateway.AddClientKey("app");
  auto snapshot = gateway.Build();
  Decision<Route> route =
      Admit(*snapshot, Request("GET", "/p/custom/a/b", {{"api-key", key}}), kNow);
  EXPECT_THAT(Up(std::get<Route>(route), {{"x-token", "mine"}, {"X-SECOND-token", "mine"}}),
              ElementsAre("X-Request-Id: id-1", "X-Token: sk-provider"));
}

TEST(UpstreamHeaders, Rule3_4_DefaultHeadersWhereTheClientSentNone) {
  OneProvider provider("anthropic");
  EXPECT_THAT(
      Up(provider.RouteTo("messages"), {}),
      ElementsAre("X-Request-Id: id-1", "anthropic-version: 2023-06-01", "x-api-key: sk-provider"));
  EXPECT_THAT(
      Up(provider.RouteTo("messages"), {{"Anthropic-Version", "2099-01-01"}}),
      ElementsAre("Anthropic-Version: 2099-01-01", "X-Request-Id: id-1", "x-api-key: sk-provider"));
}

TEST(UpstreamHeaders, Rule3_4_RequestIdIsKeptIfUsable) {
  struct Row {
    std::string sent;
    std::string effective;
  };
  for (const Row& row : std::initializer_list<Row>{{"r", "r"},
                                                   {"a b~!\"", "a b~!\""},
                                                   {std::string(128, 'x'), std::string(128, 'x')},
                                                   {std::string(129, 'x'), "fallback"},
                                                   {"", "fallback"},
                                                   {"a\tb", "fallback"},
                                                   {"\xC3\xA9", "fallback"}}) {
    http::HeaderList headers = Headers({{"x-request-ID", row.sent}});
    EXPECT_EQ(EffectiveRequestId(headers, "fallback"), row.effective) << row.sent;
  }
  EXPECT_EQ(EffectiveRequestId({}, "fallback"), "fallback");
  OneProvider provider("openai");
  EXPECT_EQ(EffectiveRequestId(Headers({{"X-Request-Id", provider.client_key()}}), "f"), "f");
}

TEST(UpstreamHeaders, Rule3_4_RequestIdKeepsItsPlaceAndSpelling) {
  OneProvider provider("openai");
  Route route = provider.RouteTo("x");
  EXPECT_THAT(Up(route, {{"x-request-id", "mine"}, {"A", "1"}}),
              ElementsAre("x-request-id: mine", "A: 1", "Authorization: Bearer sk-provider"));
  EXPECT_THAT(Up(route, {{"x-request-id", "\x80"}, {"A", "1"}, {"X-Request-Id", "second"}}),
              ElementsAre("x-request-id: id-1", "A: 1", "Authorization: Bearer sk-provider"));
}

TEST(UpstreamHeaders, Rule3_4_SessionIsOneForEachClientKey) {
  Gateway gateway;
  gateway.AddProvider("opencode-go", "opencode-go");
  std::string keys[] = {gateway.AddClientKey("a"), gateway.AddClientKey("b")};
  auto snapshot = gateway.Build();
  auto session = [&](const std::string& key, const Fields& fields) {
    auto route = Admit(*snapshot, Request("POST", "/p/opencode-go/x", {{"api-key", key}}), kNow);
    http::HeaderList out;
    BuildUpstreamHeaders(Request("POST", "/", fields), std::get<Route>(route), &kKey, "id", &out);
    EXPECT_EQ(out.Count("x-opencode-session"), 1u);
    return std::string(out.Find("x-opencode-session").value_or(""));
  };
  EXPECT_EQ(session(keys[0], {}).size(), 32u);
  EXPECT_EQ(session(keys[0], {}), session(keys[0], {}));
  EXPECT_NE(session(keys[0], {}), session(keys[1], {}));
  EXPECT_EQ(session(keys[0], {}).find(keys[0].substr(4, 10)), std::string::npos);
  EXPECT_EQ(session(keys[0], {{"X-Opencode-Session", "mine"}}), "mine");
}

TEST(UpstreamHeaders, Rule3_5_OperatorsEditsComeLast) {
  OneProvider provider("anthropic");
  config::ProviderEntry entry;
  entry.auth = provider->auth;
  entry.default_headers = provider->default_headers;
  entry.request_headers = {.remove = {"x-secret", "anthropic-version"},
                           .set = {{"X-Set", "ours"}, {"X-New", "n"}},
                           .add = {{"X-Add", "2"}}};
  Route route = provider.RouteTo("messages");
  route.provider = &entry;
  EXPECT_THAT(Up(route, {{"X-Secret", "s"}, {"x-set", "1"}, {"X-Add", "1"}, {"X-SET", "2"}}),
              ElementsAre("X-Set: ours", "X-Add: 1", "X-Request-Id: id-1", "X-New: n", "X-Add: 2",
                          "x-api-key: sk-provider"));
}

TEST(UpstreamHeaders, Rule3_5_NoEditTouchesACredentialOrAConnection) {
  OneProvider provider("openai");
  config::ProviderEntry entry;
  entry.auth = {{"", "X-Token", ""}};
  for (std::string name : {"x-token", "Authorization", "X-Api-Key", "api-key", "x-goog-api-key",
                           "Proxy-Authorization", "Connection", "Transfer-Encoding", "Host",
                           "Content-Length", "TE", "Upgrade", "Expect", "Keep-Alive", "Trailer"}) {
    entry.request_headers.remove.push_back(name);
    entry.request_headers.set.emplace_back(name, "edit");
    entry.request_headers.add.emplace_back(name, "edit");
    entry.default_headers.emplace_back(name, "edit");
  }
  Route route = provider.RouteTo("x");
  route.provider = &entry;
  route.auth = &entry.auth.front();
  EXPECT_THAT(Up(route, {}), ElementsAre("X-Request-Id: id-1", "X-Token: sk-provider"));
}

std::vector<std::string> Traced(const TraceFields& trace, const Fields& fields,
                                const config::HeaderEdits& edits = {}) {
  OneProvider provider("openai");
  config::ProviderEntry entry;
  entry.request_headers = edits;
  Route route = provider.RouteTo("x");
  route.provider = &entry;
  route.auth = nullptr;
  http::HeaderList out;
  BuildUpstreamHeaders(Request("POST", "/", fields), route, nullptr, "id-1", &out, &trace);
  return Lines(out);
}

TEST(UpstreamHeaders, Rule3_7_WithoutTracingAClientsTracePassesUntouched) {
  Fields fields = {{"TraceParent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
                   {"tracestate", "a=1,,b=2"},
                   {"traceparent", "no traceparent at all"},
                   {"TRACESTATE", ""}};
  std::vector<std::string> expected;
  for (const auto& [name, value] : fields) expected.push_back(name + ": " + value);
  EXPECT_THAT(Forwarded(fields), ElementsAreArray(expected));
}

TEST(UpstreamHeaders, Rule3_7_OurSpanTakesTheClientsPlaceInItsTrace) {
  EXPECT_THAT(
      Traced({"ours", false}, {{"A", "1"}, {"TRACEPARENT", "theirs"}, {"TraceState", "a=1"}}),
      ElementsAre("A: 1", "TraceState: a=1", "X-Request-Id: id-1", "traceparent: ours"));
  EXPECT_THAT(Traced({"ours", false}, {{"Connection", "traceparent"}, {"traceparent", "theirs"}}),
              ElementsAre("X-Request-Id: id-1", "traceparent: ours"));
}

TEST(UpstreamHeaders, Rule3_7_ATraceThatBeginsHereHasNoStateOfAnother) {
  EXPECT_THAT(
      Traced({"ours", true}, {{"traceparent", "x"}, {"tracestate", "a=1"}, {"Traceparent", "y"}}),
      ElementsAre("X-Request-Id: id-1", "traceparent: ours"));
}

TEST(UpstreamHeaders, Rule3_5_AnOperatorCanKeepTheTraceFromAProvider) {
  EXPECT_THAT(Traced({"ours", false}, {{"traceparent", "theirs"}, {"tracestate", "a=1"}},
                     {.remove = {"traceparent", "tracestate"}, .set = {}, .add = {}}),
              ElementsAre("X-Request-Id: id-1"));
}

}  // namespace
}  // namespace sluice::policy
