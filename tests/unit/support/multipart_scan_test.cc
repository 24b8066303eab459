#include "tests/support/emulator/multipart_scan.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/support/emulator/sha256_stream.h"

namespace sluice::emulator {
namespace {

constexpr char kType[] = "multipart/form-data; boundary=\"X-1\"";
constexpr char kForm[] =
    "preamble\r\n--X-1\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n"
    "--X-1\r\ncontent-type: a/b\r\nContent-Disposition: form-data; name=f; "
    "filename=\"n.bin\"\r\n\r\n"
    "\r\n--X\r\n\r\n--X-\r\n--X-1\r\n"
    "Content-Disposition: form-data; name=\"late\"\r\n\r\n\r\n--X-1--\r\nepilogue";
constexpr char kFile[] = "\r\n--X\r\n\r\n--X-";

TEST(MultipartScanTest, FindsTheSameWhereverTheBodyIsCut) {
  const std::string form = kForm;
  for (size_t piece = 1; piece <= form.size(); ++piece) {
    MultipartScan scan(kType);
    for (size_t at = 0; at < form.size(); at += piece) scan.Take(form.substr(at, piece));
    ASSERT_TRUE(scan.whole()) << piece;
    ASSERT_NE(scan.file(), nullptr) << piece;
    EXPECT_EQ(scan.file()->name, "n.bin");
    EXPECT_EQ(scan.file()->type, "a/b");
    EXPECT_EQ(scan.file()->Finish().sha256, Sha256Hex(kFile)) << piece;
    ASSERT_EQ(scan.fields().size(), 2u);
    EXPECT_EQ(scan.fields()[0].value, "batch") << piece;
    EXPECT_EQ(scan.fields()[1].value, "");
  }
}

TEST(MultipartScanTest, AFormWithoutItsEndIsNotWhole) {
  MultipartScan scan(kType);
  const std::string form = kForm;
  scan.Take(form.substr(0, form.find("--X-1--")));
  EXPECT_FALSE(scan.whole());
}

TEST(MultipartScanTest, WithoutABoundaryThereIsNothing) {
  MultipartScan scan("multipart/form-data");
  scan.Take(kForm);
  EXPECT_FALSE(scan.whole());
  EXPECT_EQ(scan.file(), nullptr);
}

}  // namespace
}  // namespace sluice::emulator
