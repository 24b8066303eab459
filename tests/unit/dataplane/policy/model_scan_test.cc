#include "dataplane/policy/model_scan.h"

#include <gtest/gtest.h>

namespace sluice::policy {
namespace {

// "model: X", "none", "fault", or "open" for what has not ended; the same for every split in two
// and byte by byte.
std::string Outcome(std::string_view body, size_t split) {
  ModelScan scan;
  if (split > body.size()) {
    for (size_t i = 0; i < body.size(); ++i) scan.Feed(body.substr(i, 1));
  } else {
    scan.Feed(body.substr(0, split));
    scan.Feed(body.substr(split));
  }
  if (!scan.fault().empty()) return "fault";
  if (!scan.complete()) return "open";
  return scan.model().has_value() ? "model: " + *scan.model() : "none";
}

std::string Outcome(std::string_view body) {
  const std::string whole = Outcome(body, 0);
  for (size_t split = 1; split <= body.size() + 1; ++split) {
    EXPECT_EQ(Outcome(body, split), whole) << body << " split at " << split;
  }
  return whole;
}

TEST(ModelScanTest, FindsTheModelWhereverItStands) {
  EXPECT_EQ(Outcome(R"({"model":"gpt-5"})"), "model: gpt-5");
  EXPECT_EQ(
      Outcome(R"( { "messages" : [ { "role":"user","content":"hi"} ] , "model" : "a/b:c" } )"),
      "model: a/b:c");
  EXPECT_EQ(Outcome(R"({"n":-1.5e+3,"t":true,"f":false,"z":null,"a":[],"o":{},"model":"m"})"),
            "model: m");
  EXPECT_EQ(Outcome("{\"model\":\"m\"}\r\n"), "model: m");
}

TEST(ModelScanTest, OnlyTheOutermostObjectCounts) {
  EXPECT_EQ(Outcome(R"({"x":{"model":"inner"},"y":[{"model":"inner"}]})"), "none");
  EXPECT_EQ(Outcome(R"({"x":{"model":"inner"},"model":"outer"})"), "model: outer");
  EXPECT_EQ(Outcome(R"({"x":"model","y":"\"model\":\"no\""})"), "none");
  EXPECT_EQ(Outcome(R"({"models":"no","mode":"no"})"), "none");
}

TEST(ModelScanTest, EscapesAreRead) {
  EXPECT_EQ(Outcome(R"({"\u006dodel":"gpt"})"), "model: gpt");
  EXPECT_EQ(Outcome(R"({"model":"g\u0070t\/5\n"})"), "model: gpt/5\n");
  EXPECT_EQ(Outcome(R"({"model":"\u00e9\u20ac\ud83d\ude00"})"),
            "model: \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
}

TEST(ModelScanTest, WhatCanBeReadInTwoWaysIsAFault) {
  EXPECT_EQ(Outcome(R"({"model":"a","model":"b"})"), "fault");
  EXPECT_EQ(Outcome(R"({"model":"a","Model":"b"})"), "fault");
  EXPECT_EQ(Outcome(R"({"model":"a","\u004dODEL":"b"})"), "fault");
  EXPECT_EQ(Outcome(R"({"model":["a"]})"), "fault");
  EXPECT_EQ(Outcome(R"({"model":null})"), "fault");
  EXPECT_EQ(Outcome(R"({"model":"a"}{"model":"b"})"), "fault");
  EXPECT_EQ(Outcome(R"({"model":")" + std::string(257, 'a') + R"("})"), "fault");
}

TEST(ModelScanTest, WhatIsNotJsonIsAFault) {
  for (const std::string_view body : {R"([{"model":"a"}])",
                                      R"("model")",
                                      R"({'model':'a'})",
                                      R"({model:"a"})",
                                      R"({"model" "a"})",
                                      R"({"model":"a",})",
                                      R"({,"model":"a"})",
                                      R"({"a":1 "model":"b"})",
                                      R"({"a":[1,],"model":"b"})",
                                      R"({"a":[}],"model":"b"})",
                                      R"({"a":01,"model":"b"})",
                                      R"({"a":tru,"model":"b"})",
                                      R"({"a":1.,"model":"b"})",
                                      R"({"a":NaN,"model":"b"})",
                                      R"(/**/{"model":"a"})",
                                      R"({"a":"\x","model":"b"})",
                                      R"({"a":"\ud800","model":"b"})",
                                      R"({"a":"\ud800\u0041"})",
                                      R"({"a":"\udc00"})",
                                      R"({"a":"\u00g0"})",
                                      "{\"a\":\"\n\"}",
                                      "\xef\xbb\xbf{\"model\":\"a\"}"}) {
    EXPECT_EQ(Outcome(body), "fault") << body;
  }
  std::string deep = R"({"a":)";
  for (int i = 0; i < 600; ++i) deep += '[';
  ModelScan scan;
  scan.Feed(deep);
  EXPECT_FALSE(scan.fault().empty());
}

TEST(ModelScanTest, TheModelIsKnownBeforeTheBodyEnds) {
  ModelScan scan;
  scan.Feed(R"({"model":"gpt-5","messages":[)");
  EXPECT_EQ(scan.model(), "gpt-5");
  EXPECT_FALSE(scan.complete());
  EXPECT_EQ(Outcome(R"({"model":"gpt)"), "open");
}

TEST(ModelInEndpointTest, Table) {
  EXPECT_EQ(ModelInEndpoint("models/gemini-2.5-pro:generateContent"), "gemini-2.5-pro");
  EXPECT_EQ(ModelInEndpoint("v1beta/models/x:streamGenerateContent"), "x");
  EXPECT_EQ(ModelInEndpoint("v1beta/tunedModels/mine:generateContent"), "mine");
  EXPECT_EQ(ModelInEndpoint("models/gpt%2d5"), "gpt-5");
  EXPECT_EQ(ModelInEndpoint("models/a/b"), "a");
  EXPECT_EQ(ModelInEndpoint("models"), std::nullopt);
  EXPECT_EQ(ModelInEndpoint("models/"), std::nullopt);
  EXPECT_EQ(ModelInEndpoint("mymodels/x"), std::nullopt);
  EXPECT_EQ(ModelInEndpoint("chat/completions"), std::nullopt);
}

}  // namespace
}  // namespace sluice::policy
