#include "tests/bench/load/answer_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::bench {
namespace {

constexpr std::string_view kSized = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
constexpr std::string_view kChunked =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    "6\r\nhello \r\n5;a=b\r\nworld\r\n0\r\nX-Trailer: 1\r\n\r\n";

struct Answer {
  absl::Status status;
  bool complete = false;
  std::string body;
};

Answer ReadInPieces(std::string_view text, size_t piece) {
  Answer answer;
  AnswerReader reader([&](std::string_view body) { answer.body.append(body); });
  reader.Begin();
  for (; !text.empty() && answer.status.ok(); text.remove_prefix(std::min(piece, text.size()))) {
    answer.status = reader.Feed(text.substr(0, piece));
  }
  answer.complete = reader.complete();
  return answer;
}

TEST(AnswerReaderTest, ReadsBothFramingsInPiecesOfAnySize) {
  for (const auto& [text, body] :
       {std::pair(kSized, "hello"), std::pair(kChunked, "hello world")}) {
    for (size_t piece = 1; piece <= text.size(); ++piece) {
      const Answer answer = ReadInPieces(text, piece);
      EXPECT_TRUE(answer.status.ok()) << answer.status << ", pieces of " << piece;
      EXPECT_TRUE(answer.complete) << "pieces of " << piece;
      EXPECT_EQ(answer.body, body) << "pieces of " << piece;
    }
  }
}

TEST(AnswerReaderTest, AnAnswerThatIsCutIsNotComplete) {
  for (const std::string_view text : {kSized, kChunked}) {
    for (size_t length = 0; length < text.size(); ++length) {
      EXPECT_FALSE(ReadInPieces(text.substr(0, length), length + 1).complete) << length;
    }
  }
}

TEST(AnswerReaderTest, ReadsOneAnswerAfterTheOther) {
  AnswerReader reader(nullptr);
  for (const std::string_view text : {kSized, kChunked, kSized}) {
    reader.Begin();
    EXPECT_FALSE(reader.complete());
    EXPECT_TRUE(reader.Feed(text).ok());
    EXPECT_TRUE(reader.complete());
  }
  EXPECT_EQ(reader.body_bytes(), 5);
}

TEST(AnswerReaderTest, AnAnswerWithoutBodyIsCompleteWithItsHead) {
  EXPECT_TRUE(ReadInPieces("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 7).complete);
}

TEST(AnswerReaderTest, RefusesWhatIsNoGoodAnswer) {
  for (const std::string text :
       {"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnone\r\n"}) {
    EXPECT_FALSE(ReadInPieces(text, 1000).status.ok()) << text;
  }
  EXPECT_FALSE(ReadInPieces(std::string(kSized) + "more", 1000).status.ok());
  EXPECT_FALSE(ReadInPieces(std::string(100'000, 'x'), 1000).status.ok());
}

}  // namespace
}  // namespace sluice::bench
