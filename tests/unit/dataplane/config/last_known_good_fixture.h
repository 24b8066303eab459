// A state folder and what is saved in it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "common/base/file.h"
#include "common/base/text.h"
#include "dataplane/config/last_known_good.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_folder.h"

namespace sluice::config {

inline const std::string kHash(32, 'h');

inline ConfigurationStamp Stamp(int64_t revision, const std::string& hash = kHash) {
  return {"epoch", revision, hash, base::Cat("lineage ", revision)};
}

inline absl::Status AcceptAll(const StoredConfiguration&) { return absl::OkStatus(); }

class LastKnownGoodTest : public ::testing::Test {
 protected:
  std::unique_ptr<LastKnownGood> MustOpen() {
    auto opened = LastKnownGood::Open(folder_.path(), clock_);
    EXPECT_TRUE(opened.ok()) << opened.status();
    return *std::move(opened);
  }
  void MustSave(LastKnownGood& file, int64_t revision) {
    const absl::Status saved = file.Save(Stamp(revision), base::Cat("bytes of ", revision));
    ASSERT_TRUE(saved.ok()) << saved;
  }
  std::string Content(const std::string& name) {
    auto bytes = base::ReadFile(folder_.File(name));
    EXPECT_TRUE(bytes.ok()) << bytes.status();
    return bytes.ok() ? *bytes : "";
  }
  void Put(const std::string& name, const std::string& bytes) {
    const absl::Status written = base::WriteFileAtomically(folder_.File(name), bytes);
    ASSERT_TRUE(written.ok()) << written;
  }
  // What a start would serve; 0: nothing.
  int64_t LoadedRevision() {
    const auto stored = MustOpen()->Load(AcceptAll);
    return stored.has_value() ? stored->stamp.revision : 0;
  }

  test::TempFolder folder_;
  test::FakeClock clock_;
};

}  // namespace sluice::config
