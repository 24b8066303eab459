#include "dataplane/trace/operation_name.h"

#include <gtest/gtest.h>

namespace sluice::trace {
namespace {

TEST(OperationNameTest, IsThatOfTheConventions) {
  for (const char* path :
       {"/p/openai/chat/completions", "/p/openai/v1/chat/completions", "/p/openai/v1/responses",
        "/p/claude/v1/messages", "/p/zai/anthropic/v1/messages", "/p/ollama/api/chat",
        "/p/openai/v1%2Fchat%2fcompletions",
        "/p/bailian/api/v1/services/aigc/text-generation/generation"}) {
    EXPECT_EQ(OperationOf("POST", path), "chat") << path;
  }
  EXPECT_EQ(OperationOf("POST", "/p/openai/completions"), "text_completion");
  EXPECT_EQ(OperationOf("POST", "/p/ollama/api/generate"), "text_completion");
  EXPECT_EQ(OperationOf("POST", "/p/openai/v1/embeddings"), "embeddings");
  EXPECT_EQ(OperationOf("POST", "/p/ollama/api/embed"), "embeddings");
  EXPECT_EQ(OperationOf("POST", "/p/gemini/v1beta/models/g-2:embedContent"), "embeddings");
  for (const char* method : {"generateContent", "streamGenerateContent"}) {
    EXPECT_EQ(OperationOf("POST", std::string("/p/gemini/v1beta/models/g-2:") + method),
              "generate_content");
  }
  EXPECT_EQ(OperationOf("POST", "/p/gemini/models/g-2%3AgenerateContent"), "generate_content");
}

TEST(OperationNameTest, OtherRequestsHaveNone) {
  EXPECT_EQ(OperationOf("GET", "/p/openai/chat/completions"), "");
  for (const char* path : {"", "/", "/p/openai/files", "/p/openai/chat/completions/",
                           "/p/openai/mychat/completionsx", "/p/openai/threads/t_1/messages",
                           "/p/claude/messages/count_tokens", "/p/gemini/models/g-2:countTokens"}) {
    EXPECT_EQ(OperationOf("POST", path), "") << path;
  }
}

}  // namespace
}  // namespace sluice::trace
