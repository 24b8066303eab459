#include "common/crypto/sha256_stream.h"

#include <gtest/gtest.h>

#include "common/crypto/digest.h"

namespace sluice::crypto {
namespace {

TEST(Sha256StreamTest, PiecesGiveTheDigestOfTheWhole) {
  Sha256Stream stream;
  EXPECT_EQ(stream.Digest(), Sha256Bytes(""));
  stream.Update("the quick ");
  stream.Update("");
  EXPECT_EQ(stream.Digest(), Sha256Bytes("the quick "));
  stream.Update("brown fox");
  Sha256Stream moved = std::move(stream);
  EXPECT_EQ(moved.Digest(), Sha256Bytes("the quick brown fox"));
}

}  // namespace
}  // namespace sluice::crypto
