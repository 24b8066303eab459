#include "dataplane/http/gateway_error.h"

#include <gtest/gtest.h>

#include "dataplane/http/json_text.h"

namespace sluice::http {
namespace {

std::string JsonText(std::string_view text) {
  std::string out;
  AppendJsonText(text, out);
  return out;
}

TEST(GatewayErrorTest, BodyAlwaysHasTheFourKeys) {
  EXPECT_EQ(ErrorBody(MalformedRequest("no \"Host\"")),
            R"({"error":{"message":"malformed HTTP request: no \"Host\"",)"
            R"("type":"invalid_request_error","param":null,"code":"malformed_request"}})");
}

TEST(GatewayErrorTest, ErrorsOfTheEdge) {
  struct Row {
    GatewayError error;
    int status;
    std::string_view code, type;
  };
  const Row rows[] = {
      {MalformedRequest("x"), 400, "malformed_request", "invalid_request_error"},
      {HeadersTooLarge("x"), 431, "headers_too_large", "invalid_request_error"},
      {RequestTimeout("x"), 408, "request_timeout", "invalid_request_error"},
      {Overloaded(), 503, "overloaded", "provider_error"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(row.error.status, row.status);
    EXPECT_EQ(row.error.code, row.code);
    EXPECT_EQ(row.error.type, row.type);
    EXPECT_TRUE(row.error.close);
    EXPECT_FALSE(row.error.message.empty());
  }
  EXPECT_TRUE(Overloaded().retry_after_seconds.has_value());
}

TEST(GatewayErrorTest, HeadCarriesWhatTheErrorAsksFor) {
  GatewayError error;
  error.status = 405;
  error.allow = "GET, HEAD";
  error.retry_after_seconds = 7;
  const ResponseHead head = ErrorHead(error, 12, "req-1");
  EXPECT_EQ(head.status, 405);
  EXPECT_EQ(head.reason, "Method Not Allowed");
  EXPECT_EQ(head.headers.Find("Content-Type"), "application/json");
  EXPECT_EQ(head.headers.Find("Retry-After"), "7");
  EXPECT_EQ(head.headers.Find("Allow"), "GET, HEAD");
  EXPECT_EQ(head.headers.Find("X-Sluice-Request-Id"), "req-1");
  EXPECT_EQ(head.framing.kind, Framing::Kind::kContentLength);
  EXPECT_EQ(head.framing.length, 12u);

  const ResponseHead plain = ErrorHead(MalformedRequest("x"), 1, "");
  EXPECT_EQ(plain.headers.size(), 1u);
}

TEST(GatewayErrorTest, TextIsAlwaysValidJson) {
  EXPECT_EQ(JsonText("a\"b\\c"), R"(a\"b\\c)");
  EXPECT_EQ(JsonText(std::string_view("\n\0\x1f\x7f", 4)), R"(\u000a\u0000\u001f\u007f)");
  EXPECT_EQ(JsonText("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"),
            "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
  const std::string lost = "\xef\xbf\xbd";
  // Cut short, overlong, a surrogate, beyond the last code point, a stray continuation.
  EXPECT_EQ(JsonText("\xc3"), lost);
  EXPECT_EQ(JsonText("\xc3(x"), lost + "(x");
  EXPECT_EQ(JsonText("\xc0\xaf"), lost + lost);
  EXPECT_EQ(JsonText("\xe0\x80\xaf"), lost + lost + lost);
  EXPECT_EQ(JsonText("\xed\xa0\x80"), lost + lost + lost);
  EXPECT_EQ(JsonText("\xf4\x90\x80\x80"), lost + lost + lost + lost);
  EXPECT_EQ(JsonText("\x80z"), lost + "z");
}

TEST(GatewayErrorTest, ReasonPhrases) {
  EXPECT_EQ(ReasonPhrase(200), "OK");
  EXPECT_EQ(ReasonPhrase(413), "Content Too Large");
  EXPECT_EQ(ReasonPhrase(511), "Network Authentication Required");
  EXPECT_EQ(ReasonPhrase(529), "");
  EXPECT_EQ(ReasonPhrase(99), "");
}

}  // namespace
}  // namespace sluice::http
