#include "dataplane/proxy/retry_rules.h"

#include <gtest/gtest.h>

#include <string>

#include "dataplane/proxy/held_body.h"

namespace sluice::proxy {
namespace {

bool Repeatable(const std::string& method, const std::string& key = "", bool unsafe = false) {
  http::RequestHead head;
  head.method = method;
  if (!key.empty()) head.headers.Add("idempotency-key", key);
  return IsRepeatable(head, {2, unsafe});
}

TEST(RetryRules, WhatMayBeSentTwice) {
  for (const char* method : {"GET", "HEAD", "OPTIONS"}) EXPECT_TRUE(Repeatable(method)) << method;
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
    EXPECT_FALSE(Repeatable(method)) << method;
    EXPECT_TRUE(Repeatable(method, "k-1")) << method;
    EXPECT_TRUE(Repeatable(method, "", true)) << method;
  }
}

TEST(RetryRules, AnEmptyIdempotencyKeyIsNone) {
  http::RequestHead head;
  head.method = "POST";
  head.headers.Add("Idempotency-Key", "");
  EXPECT_FALSE(IsRepeatable(head, {}));
}

TEST(RetryRules, WhatWasNotReachedIsTriedAgainWhateverItIs) {
  EXPECT_TRUE(MayRepeatAfter(upstream::FromCurl(CURLE_COULDNT_CONNECT, false), false));
  EXPECT_TRUE(MayRepeatAfter(upstream::FromCurl(CURLE_COULDNT_RESOLVE_HOST, false), false));
  EXPECT_TRUE(MayRepeatAfter(upstream::FromCurl(CURLE_SSL_CONNECT_ERROR, false), false));
}

TEST(RetryRules, WhatMayHaveBeenProcessedIsOnlyTriedAgainIfRepeatable) {
  for (const CURLcode code : {CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_ABORTED_BY_CALLBACK}) {
    EXPECT_FALSE(MayRepeatAfter(upstream::FromCurl(code, true), false)) << code;
    EXPECT_TRUE(MayRepeatAfter(upstream::FromCurl(code, true), true)) << code;
  }
}

// A reused connection took the request and died; libcurl then speaks of the connection that it
// could not make in its place.
TEST(RetryRules, AnUnreachableProviderMayHaveHadItOnAConnectionBefore) {
  for (const CURLcode code :
       {CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_SSL_CONNECT_ERROR,
        CURLE_PEER_FAILED_VERIFICATION, CURLE_OPERATION_TIMEDOUT}) {
    EXPECT_FALSE(MayRepeatAfter(upstream::FromCurl(code, true), false)) << code;
  }
}

TEST(RetryRules, TimeoutsAndBadAnswersAreNotTriedAgain) {
  EXPECT_FALSE(MayRepeatAfter(upstream::Timeout("the first byte of the answer"), true));
  EXPECT_FALSE(MayRepeatAfter(upstream::ProtocolError("x"), true));
}

TEST(RetryRules, TheBreakerCountsWhatIsTheProvidersFault) {
  for (const int status : {500, 502, 503, 504, 529}) EXPECT_TRUE(IsProviderFailure(status));
  for (const int status : {200, 301, 400, 401, 403, 404, 408, 413, 429, 501, 505, 599}) {
    EXPECT_FALSE(IsProviderFailure(status)) << status;
  }
}

TEST(HeldBody, KeepsUpToItsBoundAndThenNothing) {
  HeldBody body(http::Framing::Chunked());
  EXPECT_TRUE(body.held());
  body.Append("hello ");
  body.Append("world");
  EXPECT_EQ(body.view(), "hello world");
  body.Append(std::string(HeldBody::kMostBytes - 11, 'x'));
  EXPECT_TRUE(body.held());
  body.Append("y");
  EXPECT_FALSE(body.held());
  EXPECT_TRUE(body.view().empty());
  body.Append("z");
  EXPECT_TRUE(body.view().empty());
}

TEST(HeldBody, ALongBodyIsNotKeptFromTheStart) {
  EXPECT_TRUE(HeldBody(http::Framing::Length(HeldBody::kMostBytes)).held());
  EXPECT_FALSE(HeldBody(http::Framing::Length(HeldBody::kMostBytes + 1)).held());
  EXPECT_TRUE(HeldBody(http::Framing::None()).held());
}

}  // namespace
}  // namespace sluice::proxy
