#include "dataplane/proxy/request_notes.h"

#include <gtest/gtest.h>

namespace sluice::proxy {
namespace {

TEST(LoggedPathTest, HasNoQueryAndNoKey) {
  EXPECT_EQ(LoggedPath("/p/openai/chat?key=slk_secret"), "/p/openai/chat");
  EXPECT_EQ(LoggedPath("/p/openai/chat#x"), "/p/openai/chat");
  EXPECT_EQ(LoggedPath("/p/slk_aaaabbbb/x/slk_cccc"), "/p/slk_.../x/slk_...");
  EXPECT_EQ(LoggedPath("slk_"), "slk_...");
  EXPECT_EQ(LoggedPath(""), "");
}

TEST(RequestNotesTest, TheFirstReasonStays) {
  RequestNotes notes;
  http::GatewayError first;
  first.code = "first";
  http::GatewayError second;
  second.code = "second";
  notes.Refused(first);
  notes.Refused(second);
  EXPECT_EQ(notes.Ended({}, "").reason, "first");
}

TEST(RequestNotesTest, TheModelIsTheAnswersElseThePathsElseTheBodys) {
  const RequestNotes notes;
  meter::Usage usage;
  EXPECT_EQ(notes.Ended(usage, "models/gemini-2.5-pro:generateContent").model, "gemini-2.5-pro");
  EXPECT_EQ(notes.Ended(usage, "models/gemini-2.5-pro:generateContent", "gpt-4").model,
            "gemini-2.5-pro");
  EXPECT_EQ(notes.Ended(usage, "chat/completions").model, "");
  EXPECT_EQ(notes.Ended(usage, "chat/completions", "gpt-4").model, "gpt-4");
  usage.model = "gpt-5";
  EXPECT_EQ(notes.Ended(usage, "models/gemini-2.5-pro:generateContent", "gpt-4").model, "gpt-5");
}

TEST(RequestNotesTest, ARequestedModelIsBoundedPrintableAndNoKey) {
  EXPECT_EQ(RequestedModel("", ""), "");
  EXPECT_EQ(RequestedModel("", "a\n\x7f\xc3\xa9 b"), "a???? b");
  EXPECT_EQ(RequestedModel("models/a%0Ab", ""), "a?b");
  EXPECT_EQ(RequestedModel("models/" + std::string(5000, 'm'), ""), std::string(128, 'm'));
  EXPECT_EQ(RequestedModel("", "slk_aaaabbbb"), "slk_...");
  EXPECT_EQ(RequestedModel("models/org%2Fslk_aaaa", ""), "org/slk_...");
}

TEST(RequestNotesTest, TheProvidersRequestIdIsKeptBounded) {
  RequestNotes notes;
  http::ResponseHead head;
  head.headers.Add("Request-Id", std::string(500, 'x'));
  notes.Answered(head);
  EXPECT_EQ(notes.Ended({}, "").upstream_request_id, std::string(128, 'x'));
}

}  // namespace
}  // namespace sluice::proxy
