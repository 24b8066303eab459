#include "dataplane/proxy/model_peek.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sluice::proxy {
namespace {

http::RequestHead Head(const std::string& method, const std::string& type, uint64_t length = 10) {
  http::RequestHead head;
  head.method = method;
  head.framing = http::Framing::Length(length);
  if (!type.empty()) head.headers.Add("content-type", type);
  return head;
}

std::string Seen(std::initializer_list<std::string_view> pieces) {
  ModelPeek peek;
  for (const std::string_view piece : pieces) peek.Take(piece);
  return std::string(peek.model());
}

TEST(ModelPeekTest, LooksAtJsonThatIsPosted) {
  EXPECT_TRUE(ModelPeek::CanRead(Head("POST", "application/json")));
  EXPECT_TRUE(ModelPeek::CanRead(Head("POST", "Application/JSON ; charset=utf-8")));
  EXPECT_FALSE(ModelPeek::CanRead(Head("PUT", "application/json")));
  EXPECT_FALSE(ModelPeek::CanRead(Head("POST", "application/jsonl")));
  EXPECT_FALSE(ModelPeek::CanRead(Head("POST", "multipart/form-data; boundary=application/json")));
  EXPECT_FALSE(ModelPeek::CanRead(Head("POST", "")));
  EXPECT_FALSE(ModelPeek::CanRead(Head("POST", "application/json", 0)));
}

TEST(ModelPeekTest, FindsTheModelWhereverTheBodyIsCut) {
  const std::string body =
      R"({"messages":[{"model":"no","content":"\"model\":\"no\" \\"}],"x":{"model":"no"},)"
      R"( "model" : "org\/gpt-5" , "stream":true})";
  EXPECT_EQ(Seen({body}), "org/gpt-5");
  for (size_t i = 0; i <= body.size(); ++i) {
    const std::string_view text = body;
    EXPECT_EQ(Seen({text.substr(0, i), text.substr(i)}), "org/gpt-5") << i;
  }
  ModelPeek peek;
  for (const char& c : body) peek.Take({&c, 1});
  EXPECT_EQ(peek.model(), "org/gpt-5");
}

TEST(ModelPeekTest, OfTwoTheFirst) {
  EXPECT_EQ(Seen({R"({"model":"a","model":"b"})"}), "a");
  EXPECT_EQ(Seen({R"({"model":"a"})", R"({"model":"b"})"}), "a");
  EXPECT_EQ(Seen({R"({"x":1})", R"({"model":"b"})"}), "") << "one object is a request";
  EXPECT_EQ(Seen({R"({"x":1}{"model":"b"})"}), "");
}

TEST(ModelPeekTest, WhatIsNotThereIsNotFound) {
  for (const char* body :
       {"", "{}", "[]", "null", "{", R"({"model)", R"({"model":)", R"({"model":"gpt)",
        R"({"model":5})", R"({"model":null})", R"({"model":{"model":"x"}})", R"({"Model":"x"})",
        R"({"a":"model","b":"x"})", R"({"model":""})", "\x1f\x8b\x08{\"model\":\"x\"}",
        "model=x&y={\"model\":\"x\"}"}) {
    EXPECT_EQ(Seen({body}), "") << body;
  }
}

TEST(ModelPeekTest, LooksNoFurtherThanItsBound) {
  const std::string model = R"("model":"m"})";
  const auto behind = [&](size_t size) {
    const std::string front = R"({"text":")";
    return front + std::string(size - front.size() - 2, 'x') + "\"," + model;
  };
  EXPECT_EQ(Seen({behind(ModelPeek::kMostLooked - model.size())}), "m");
  EXPECT_EQ(Seen({behind(ModelPeek::kMostLooked)}), "");
  EXPECT_EQ(Seen({behind(ModelPeek::kMostLooked - 3), "y"}), "") << "it is cut there";
}

TEST(ModelPeekTest, ANameIsBounded) {
  EXPECT_EQ(Seen({R"({"model":")" + std::string(150, 'm') + "\"}"}), std::string(128, 'm'));
  EXPECT_EQ(Seen({R"({"model":")" + std::string(5000, 'm') + "\"}"}), "");
}

}  // namespace
}  // namespace sluice::proxy
