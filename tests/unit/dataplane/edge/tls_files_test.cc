#include "dataplane/edge/tls_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <sstream>

#include "tests/support/fake_clock.h"
#include "tests/support/process.h"
#include "tests/unit/dataplane/edge/tls_fixture.h"

namespace sluice::edge {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class TlsFilesTest : public testing::Test {
 protected:
  TlsFilesTest() {
    former_log_ = spdlog::default_logger();
    spdlog::set_default_logger(std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log_)));
  }
  ~TlsFilesTest() override { spdlog::set_default_logger(former_log_); }

  TlsPair Issue(const std::string& name, absl::Duration lifetime = absl::Hours(24 * 365)) {
    return folder_.Issue(name, {name + ".test"}, lifetime, clock_.Now());
  }
  void Open(std::vector<TlsPair> pairs) {
    auto files = TlsFiles::Open(std::move(pairs), clock_);
    ASSERT_TRUE(files.ok()) << files.status();
    files_ = *std::move(files);
  }
  std::string OpenError(std::vector<TlsPair> pairs) {
    auto files = TlsFiles::Open(std::move(pairs), clock_);
    EXPECT_FALSE(files.ok());
    return std::string(files.status().message());
  }
  // Two looks: the first sees a change, the second takes it.
  void CheckTwice() {
    files_->Check();
    files_->Check();
  }
  std::string log() const { return log_.str(); }

  test::FakeClock clock_{absl::Now() + absl::Hours(1)};
  TlsFolder folder_;
  std::unique_ptr<TlsFiles> files_;
  std::ostringstream log_;
  std::shared_ptr<spdlog::logger> former_log_;
};

TEST_F(TlsFilesTest, WhatCannotBeUsedAtTheStartIsSaidByNameAndReason) {
  const TlsPair good = Issue("good");
  const TlsPair other = Issue("other");
  EXPECT_THAT(OpenError({{good.certificate_file, "/nowhere/x.key"}}),
              HasSubstr("--tls-key-file: cannot open /nowhere/x.key: "));
  EXPECT_THAT(OpenError({good, {"/nowhere/x.crt", good.key_file}}),
              HasSubstr("--tls-cert-file: cannot open /nowhere/x.crt: "));
  EXPECT_THAT(OpenError({good, {good.certificate_file, other.key_file}}),
              HasSubstr(other.key_file + ": the private key is not the one of the certificate"));
  EXPECT_THAT(OpenError({{good.key_file, good.key_file}}),
              HasSubstr(good.key_file + ": this is no certificate in PEM"));
  EXPECT_THAT(OpenError({{good.certificate_file, good.certificate_file}}),
              HasSubstr("is not one in PEM, or is protected by a passphrase"));
  EXPECT_THAT(OpenError({Issue("old", absl::Minutes(-1))}),
              HasSubstr("old.crt, --tls-key-file " + folder_.folder().File("old.key") +
                        ": the certificate has expired, at "));
  EXPECT_THAT(OpenError({folder_.Issue("young", {"h"}, absl::Hours(24 * 9),
                                       clock_.Now() + absl::Hours(48))}),
              HasSubstr("the certificate is not valid before "));
}

TEST_F(TlsFilesTest, ADamagedChainIsRefused) {
  const TlsPair pair = Issue("chain");
  const std::string own = test::FileText(pair.certificate_file);
  ASSERT_TRUE(folder_.folder().Write("chain.crt", own + folder_.authority()));
  Open({pair});
  std::string damaged = folder_.authority();
  damaged[damaged.size() / 2] = '!';
  ASSERT_TRUE(folder_.folder().Write("chain.crt", own + damaged));
  EXPECT_THAT(OpenError({pair}), HasSubstr("a certificate of the chain cannot be"));
}

TEST_F(TlsFilesTest, AChangeIsTakenWhenTheFilesStandStill) {
  const TlsPair pair = Issue("server");
  Open({pair});
  const auto first = files_->slot().Load();
  CheckTwice();
  EXPECT_EQ(files_->slot().Load(), first) << "nothing has changed";
  clock_.Advance(absl::Hours(1));
  TlsFolder::Replace(pair, Issue("next", absl::Hours(24 * 700)));
  files_->Check();
  EXPECT_EQ(files_->slot().Load(), first);
  files_->Check();
  EXPECT_NE(files_->slot().Load(), first);
  const TlsFiles::State state = files_->state();
  EXPECT_EQ(state.loads, 2);
  EXPECT_EQ(state.refusals, 0);
  ASSERT_EQ(state.certificates.size(), 1u);
  EXPECT_EQ(state.certificates[0].file, pair.certificate_file);
  EXPECT_EQ(absl::ToUnixSeconds(state.certificates[0].not_after),
            absl::ToUnixSeconds(clock_.Now() + absl::Hours(24 * 700)));
  EXPECT_THAT(log(), HasSubstr("took the changed TLS files"));
}

TEST_F(TlsFilesTest, ABadPairIsRefusedWholeAndTheFormerStays) {
  const TlsPair one = Issue("one");
  const TlsPair two = Issue("two");
  Open({one, two});
  const auto former = files_->slot().Load();
  const TlsPair next = Issue("next");
  // The certificate alone, as if the key were late.
  ASSERT_EQ(rename(next.certificate_file.c_str(), two.certificate_file.c_str()), 0);
  CheckTwice();
  EXPECT_EQ(files_->slot().Load(), former);
  EXPECT_TRUE(files_->state().refused);
  EXPECT_EQ(files_->state().refusals, 1);
  EXPECT_THAT(log(), HasSubstr("the changed TLS files cannot be used, the former certificates stay "
                               "in use: --tls-cert-file " +
                               two.certificate_file));
  EXPECT_THAT(log(), HasSubstr("the private key is not the one of the certificate"));
  CheckTwice();
  EXPECT_EQ(files_->state().refusals, 1) << "the same files are not tried at every look";

  ASSERT_EQ(rename(next.key_file.c_str(), two.key_file.c_str()), 0);
  CheckTwice();
  EXPECT_NE(files_->slot().Load(), former);
  EXPECT_FALSE(files_->state().refused);
  EXPECT_EQ(files_->state().loads, 2);
}

TEST_F(TlsFilesTest, AFileThatIsGoneAndComesBack) {
  const TlsPair pair = Issue("server");
  Open({pair});
  const auto former = files_->slot().Load();
  ASSERT_EQ(rename(pair.key_file.c_str(), folder_.folder().File("away").c_str()), 0);
  CheckTwice();
  EXPECT_TRUE(files_->state().refused);
  EXPECT_EQ(files_->slot().Load(), former);
  ASSERT_EQ(rename(folder_.folder().File("away").c_str(), pair.key_file.c_str()), 0);
  CheckTwice();
  EXPECT_FALSE(files_->state().refused);
}

TEST_F(TlsFilesTest, ACertificateOfTomorrowIsTakenTomorrow) {
  const TlsPair pair = Issue("server");
  Open({pair});
  TlsFolder::Replace(
      pair, folder_.Issue("tomorrow", {"h"}, absl::Hours(24 * 99), clock_.Now() + absl::Hours(24)));
  CheckTwice();
  EXPECT_TRUE(files_->state().refused);
  clock_.Advance(absl::Hours(23) + absl::Minutes(1));
  CheckTwice();
  EXPECT_FALSE(files_->state().refused);
  EXPECT_EQ(files_->state().loads, 2);
}

TEST_F(TlsFilesTest, KeysOfTicketsDoNotGrowOld) {
  Open({Issue("server")});
  const auto former = files_->slot().Load();
  clock_.Advance(absl::Hours(11));
  CheckTwice();
  EXPECT_EQ(files_->slot().Load(), former);
  clock_.Advance(absl::Hours(1));
  CheckTwice();
  EXPECT_NE(files_->slot().Load(), former);
  EXPECT_EQ(files_->state().loads, 2);
  EXPECT_THAT(log(), Not(HasSubstr("took the changed")));
}

TEST_F(TlsFilesTest, TheEndOfACertificateIsSaidInAdvanceAndOnceADay) {
  Open({Issue("long", absl::Hours(24 * 90)), Issue("short", absl::Hours(24 * 8))});
  EXPECT_THAT(log(), Not(HasSubstr("expires")));
  const auto count = [this](const std::string& text) {
    size_t count = 0;
    const std::string all = log();
    for (size_t at = 0; (at = all.find(text, at)) != std::string::npos; ++at) ++count;
    return count;
  };
  clock_.Advance(absl::Hours(24 * 6) + absl::Hours(1));
  files_->Check();
  files_->Check();
  EXPECT_EQ(count("short.crt expires at "), 1u) << log();
  clock_.Advance(absl::Hours(24));
  files_->Check();
  EXPECT_EQ(count("short.crt expires at "), 2u);
  clock_.Advance(absl::Hours(24));
  CheckTwice();
  EXPECT_EQ(count("short.crt has expired, at "), 1u);
  EXPECT_EQ(count("long.crt"), 0u);
  EXPECT_THAT(log(), HasSubstr("[error]"));
}

TEST_F(TlsFilesTest, AKeyThatOthersCanReadIsSaid) {
  const TlsPair pair = Issue("server");
  Open({pair});
  EXPECT_THAT(log(), Not(HasSubstr("can be read by other users")));
  ASSERT_EQ(chmod(pair.key_file.c_str(), 0644), 0);
  Open({pair});
  EXPECT_THAT(log(), HasSubstr("the private key " + pair.key_file + " can be read by other users"));
}

}  // namespace
}  // namespace sluice::edge
