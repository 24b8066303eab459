#include "common/base/base64url.h"

#include <gtest/gtest.h>

namespace sluice::base {
namespace {

TEST(Base64Url, ReadsWhatItWrites) {
  for (const std::string bytes : {"", "f", "fo", "foo", "foob", "\xff\xfe\xfd", "\x03\xec\xff"}) {
    EXPECT_EQ(DecodeBase64Url(EncodeBase64Url(bytes)), bytes);
  }
  EXPECT_EQ(EncodeBase64Url("\x03\xec\xff\xe0\xc1"), "A-z_4ME");  // RFC 7515, appendix C
}

TEST(Base64Url, EachSequenceOfBytesHasOneText) {
  EXPECT_EQ(DecodeBase64Url("Zg"), "f");
  for (const char* text : {"Zh", "Z", "Zg==", "Zg=", "Z g", "Zg\n", "Zm9+", "Zm9/", "Zm9=", "Zm9v.",
                           "A-z_4MF", "\xc3\xa4gg"}) {
    EXPECT_FALSE(DecodeBase64Url(text).has_value()) << text;
  }
  EXPECT_FALSE(DecodeBase64Url(std::string_view("Zm\0v", 4)).has_value());
}

}  // namespace
}  // namespace sluice::base
