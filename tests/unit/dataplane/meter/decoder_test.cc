#include "dataplane/meter/decoder.h"

#include <gtest/gtest.h>

#include "tests/support/compression.h"
#include "tests/unit/dataplane/meter/metered.h"

namespace sluice::meter {
namespace {

using catalog::UsageDialect;

constexpr const char* kCodings[] = {"gzip", "deflate", "br", "zstd"};

struct Decoded {
  std::string text;
  bool ok = true;
  size_t memory = 0;
};

Decoded Decode(const std::string& coding, std::string_view packed, size_t piece,
               size_t budget_bytes = size_t{128} << 20) {
  base::Level shown;
  DecodingBudget budget{budget_bytes, 0, &shown};
  Decoded decoded;
  {
    auto decoder = Decoder::For(FormFor("application/json", coding).coding, budget);
    if (decoder == nullptr) return {"", false, 0};
    for (; decoded.ok && !packed.empty(); packed.remove_prefix(std::min(piece, packed.size()))) {
      const std::string bytes(packed.substr(0, piece));
      decoded.ok =
          decoder->Decode(bytes, [&](std::string_view more) { decoded.text.append(more); });
      EXPECT_EQ(budget.used, decoder->memory());
      EXPECT_EQ(shown.now(), static_cast<int64_t>(budget.used));
    }
    decoded.memory = decoder->memory();
  }
  EXPECT_EQ(budget.used, 0u);
  return decoded;
}

// Text that does not repeat itself, of the letters a to p.
std::string Noise(size_t size) {
  std::string text;
  uint64_t state = 88172645463325252ULL;
  while (text.size() < size) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    text.push_back(static_cast<char>('a' + state % 16));
  }
  return text;
}

TEST(DecoderTest, GivesBackWhatWasPackedInWhateverPieces) {
  const std::string text = Noise(300'000) + std::string(100'000, 'z');
  for (const std::string coding : kCodings) {
    for (const size_t piece : {size_t{1}, size_t{333}, size_t{16384}, size_t{10'000'000}}) {
      const Decoded decoded = Decode(coding, test::Compressed(coding, text), piece);
      EXPECT_TRUE(decoded.ok) << coding;
      EXPECT_TRUE(decoded.text == text) << coding << " in pieces of " << piece;
      EXPECT_GT(decoded.memory, 0u) << coding;
    }
  }
}

TEST(DecoderTest, EachFlushIsReadAtOnce) {
  // What a stream's first event is packed into, without what ends the stream.
  for (const std::string coding : kCodings) {
    const std::string packed = test::Compressed(coding, Noise(5000));
    const Decoded decoded = Decode(coding, packed.substr(0, packed.size() - 8), 100);
    EXPECT_TRUE(decoded.ok) << coding;
    EXPECT_TRUE(Noise(5000).starts_with(decoded.text)) << coding;
  }
}

TEST(DecoderTest, SeveralMembersAndPaddingAfterThem) {
  EXPECT_EQ(Decode("gzip", test::Gzip("one ") + test::Gzip("two"), 3).text, "one two");
  EXPECT_EQ(Decode("zstd", test::Zstd("one ") + test::Zstd("two"), 3).text, "one two");
  const Decoded padded = Decode("gzip", test::Gzip("one") + std::string(50, '\0'), 7);
  EXPECT_TRUE(padded.ok);
  EXPECT_EQ(padded.text, "one");
}

TEST(DecoderTest, WhatIsNotPackedIsRefused) {
  for (const std::string coding : {"gzip", "br", "zstd"}) {
    EXPECT_FALSE(Decode(coding, R"({"usage":{"prompt_tokens":5}})", 5).ok) << coding;
    std::string packed = test::Compressed(coding, Noise(50'000));
    for (size_t at = packed.size() / 2; at < packed.size() / 2 + 40; ++at) packed[at] = '\x55';
    EXPECT_NE(Decode(coding, packed, 1000).text, Noise(50'000)) << coding;
  }
}

// At most what an honest answer of the size would come to.
TEST(DecoderTest, ABombCostsNoMoreThanItsBound) {
  const std::string zeros(size_t{70} << 20, '0');
  for (const std::string coding : kCodings) {
    const std::string packed = test::Compressed(coding, zeros);
    ASSERT_LT(packed.size(), size_t{256} << 10) << coding;
    const Decoded decoded = Decode(coding, packed, 16384);
    EXPECT_FALSE(decoded.ok) << coding;
    EXPECT_LE(decoded.text.size(), Decoder::kFreeBytes + Decoder::kMostRatio * packed.size())
        << coding;
    EXPECT_LE(decoded.memory, size_t{20} << 20) << coding;
  }
  // Slower than its ratio, but for too long.
  const std::string once = test::Gzip(Noise(size_t{1} << 20));
  std::string packed;
  for (int i = 0; i < 66; ++i) packed += once;
  const Decoded decoded = Decode("gzip", packed, 1 << 20);
  EXPECT_FALSE(decoded.ok);
  EXPECT_LE(decoded.text.size(), Decoder::kMostBytes);
}

TEST(DecoderTest, TheWorkersBudgetIsKept) {
  const std::string text = Noise(size_t{3} << 20);
  for (const std::string coding : kCodings) {
    const Decoded decoded = Decode(coding, test::Compressed(coding, text), 16384, size_t{40} << 10);
    EXPECT_FALSE(decoded.ok) << coding;
  }
  // Windows that no browser would take.
  EXPECT_FALSE(Decode("zstd", test::Zstd(text, 24), 16384).ok);
  EXPECT_TRUE(Decode("zstd", test::Zstd(text, 23), 16384).ok);
  // Brotli holds as much as there is, not what its window might be.
  EXPECT_LE(Decode("br", test::Brotli(Noise(10'000), 24), 16384).memory, size_t{200} << 10);
  EXPECT_TRUE(Decode("br", test::Brotli(text, 24), 16384).ok);
}

TEST(DecoderTest, AnAnswerThatCannotBeUnpackedFurtherIsPartial) {
  std::string body = R"({"usage":{"prompt_tokens":5,"completion_tokens":6},"pad":")";
  body += std::string(size_t{80} << 20, 'x') + "\"}";
  const AnswerForm form = FormFor("application/json", "gzip");
  const Usage usage = Meter(UsageDialect::kOpenAi, form, test::Gzip(body), {16384});
  EXPECT_EQ(usage.input, 5);
  EXPECT_EQ(usage.quality, Quality::kPartial);
  EXPECT_EQ(Meter(UsageDialect::kOpenAi, form, body).quality, Quality::kUnmetered);
}

}  // namespace
}  // namespace sluice::meter
