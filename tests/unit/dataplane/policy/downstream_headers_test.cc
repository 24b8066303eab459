#include "dataplane/policy/downstream_headers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/dataplane/policy/policy_fixture.h"

namespace sluice::policy {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;

http::ResponseHead Head(const Fields& fields, size_t framing_at = SIZE_MAX) {
  http::ResponseHead head;
  head.status = 200;
  head.headers = Headers(fields);
  head.framing_at = framing_at;
  return head;
}

http::ResponseHead Down(const Route& route, const Fields& fields, size_t framing_at = SIZE_MAX) {
  http::ResponseHead head = Head(fields, framing_at);
  EditDownstreamHeaders(route, {.host = "gw:1"}, "id-1", &head);
  return head;
}

std::vector<std::string> Down(const Fields& fields) {
  OneProvider provider("openai");
  return Lines(Down(provider.RouteTo("x"), fields).headers);
}

TEST(DownstreamHeaders, Rule4_1_AsTheProviderSentThem) {
  Fields fields = {{"retry-AFTER", "1"},  {"x-ratelimit-remaining-requests", "0"},
                   {"Warning", "a"},      {"Content-Encoding", "br"},
                   {"Warning", "b"},      {"X-Request-Id", "theirs"},
                   {"request-id", ""},    {"Content-Location", "/v1/a"},
                   {"warning", "a"},      {"Link", "<https://api.openai.com/v1/a>"},
                   {"Via", "1.1 theirs"}, {"Cookie", "x"}};
  std::vector<std::string> expected;
  for (const auto& [name, value] : fields) expected.push_back(name + ": " + value);
  expected.push_back("X-Sluice-Request-Id: id-1");
  EXPECT_THAT(Down(fields), ElementsAreArray(expected));
}

TEST(DownstreamHeaders, Rule4_2_Removed) {
  EXPECT_THAT(Down({{"Connection", "close, x-hop"},
                    {"Keep-Alive", "5"},
                    {"PROXY-Authenticate", "x"},
                    {"TE", "x"},
                    {"trailer", "x"},
                    {"Transfer-Encoding", "chunked"},
                    {"Upgrade", "h2c"},
                    {"Content-Length", "5"},
                    {"Set-Cookie", "a"},
                    {"set-cookie", "b"},
                    {"Alt-Svc", "h3"},
                    {"Strict-Transport-Security", "max-age=1"},
                    {"Public-Key-Pins", "x"},
                    {"X-HOP", "y"},
                    {"X-Sluice-Request-Id", "forged"},
                    {"X-Sluice-Anything", "forged"}}),
              ElementsAre("X-Sluice-Request-Id: id-1"));
}

TEST(DownstreamHeaders, Rule4_3_LocationAndTheHeadersOfThePresetAreRewritten) {
  OneProvider gemini("gemini");
  const std::string upload =
      "https://generativelanguage.googleapis.com/upload/v1beta/f?upload_id=1";
  const std::string ours = "http://gw:1/p/gemini/upload/v1beta/f?upload_id=1";
  EXPECT_THAT(Lines(Down(gemini.RouteTo("upload/v1beta/f"), {{"x-goog-upload-url", upload},
                                                             {"X-Goog-Upload-Control-URL", upload},
                                                             {"LOCATION", upload},
                                                             {"Location", "https://else.example/"},
                                                             {"X-Goog-Other", upload}})
                        .headers),
              ElementsAre("x-goog-upload-url: " + ours, "X-Goog-Upload-Control-URL: " + ours,
                          "LOCATION: " + ours, "Location: https://else.example/",
                          "X-Goog-Other: " + upload, "X-Sluice-Request-Id: id-1"));
}

TEST(DownstreamHeaders, Rule3_5_OperatorsEdits) {
  OneProvider provider("openai");
  config::ProviderEntry entry;
  entry.response_headers = {
      .remove = {"server", "Connection", "X-Sluice-Request-Id"},
      .set = {{"X-Set", "ours"}, {"Transfer-Encoding", "gzip"}, {"X-Sluice-Request-Id", "no"}},
      .add = {{"X-Add", "2"}, {"Content-Length", "0"}, {"x-sluice-x", "no"}}};
  Route route = provider.RouteTo("x");
  route.provider = &entry;
  EXPECT_THAT(Lines(Down(route, {{"Server", "s"}, {"x-set", "1"}, {"X-Add", "1"}}).headers),
              ElementsAre("X-Set: ours", "X-Add: 1", "X-Add: 2", "X-Sluice-Request-Id: id-1"));
}

TEST(DownstreamHeaders, Rule4_1_FramingKeepsItsPlaceAmongTheFields) {
  OneProvider provider("openai");
  config::ProviderEntry entry;
  entry.response_headers = {.remove = {"Server"}, .set = {{"X-Twice", "one"}}, .add = {}};
  Route route = provider.RouteTo("x");
  route.provider = &entry;
  Fields fields = {{"Set-Cookie", "x"}, {"Server", "s"},  {"X-Twice", "1"}, {"X-Twice", "2"},
                   {"Before", ""},      {"Alt-Svc", "x"}, {"After", ""},    {"X-Twice", "3"}};
  for (size_t framing_at : {5u, 6u}) {
    http::ResponseHead head = Down(route, fields, framing_at);
    EXPECT_THAT(Lines(head.headers),
                ElementsAre("X-Twice: one", "Before: ", "After: ", "X-Sluice-Request-Id: id-1"));
    EXPECT_EQ(head.framing_at, 2u);
  }
  EXPECT_EQ(Down(route, fields, 0).framing_at, 0u);
  EXPECT_GE(Down(route, fields).framing_at, 4u);
  EXPECT_GE(Down(route, fields, fields.size()).framing_at, 3u);
}

TEST(DownstreamHeaders, StatusAndFramingAreLeftAlone) {
  OneProvider provider("openai");
  http::ResponseHead head = Head({});
  head.status = 529;
  head.reason = "Overloaded";
  head.framing = http::Framing::Length(7);
  head.length_name = "content-length";
  EditDownstreamHeaders(provider.RouteTo("x"), {}, "id-1", &head);
  EXPECT_EQ(head.status, 529);
  EXPECT_EQ(head.reason, "Overloaded");
  EXPECT_EQ(head.framing.length, 7u);
  EXPECT_EQ(head.length_name, "content-length");
}

}  // namespace
}  // namespace sluice::policy
