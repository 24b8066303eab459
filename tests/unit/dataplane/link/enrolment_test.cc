#include "dataplane/link/enrolment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <memory>
#include <string>
#include <thread>

#include "absl/time/clock.h"
#include "common/base/file.h"
#include "common/crypto/key_text.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/dataplane/link/tls_control_plane.h"

namespace sluice::link {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class EnrolmentTest : public ::testing::Test {
 protected:
  EnrolmentTest() {
    EXPECT_TRUE(base::MakeFolder(folder_.File("state")).ok());
    EXPECT_TRUE(base::WriteFileAtomically(options_.authority_file, plane_.authority()).ok());
    WriteToken(token_.text);
    Open();
  }
  void WriteToken(const base::Secret& text) {
    EXPECT_TRUE(base::WriteFileAtomically(options_.join_token_file, text.Reveal()).ok());
  }
  // As at the start of a node.
  void Open() { enrolment_ = std::make_unique<Enrolment>(options_, clock_); }
  std::string Certificate() const {
    return base::ReadFile(folder_.File("state/node.crt")).value_or("");
  }
  std::string Key() const { return *base::ReadFile(folder_.File("state/node_tls.key")); }
  std::string Why(const absl::StatusOr<Enrolment::Entrance>& entrance) {
    EXPECT_FALSE(entrance.ok());
    return enrolment_->Explain(entrance.status());
  }

  test::TempFolder folder_;
  test::FakeClock clock_{absl::Now()};
  const crypto::NewKey token_ = crypto::MintKey(crypto::kJoinTokenPrefix);
  test::TlsControlPlane plane_{std::string(token_.text.Reveal()), clock_};
  Enrolment::Options options_{.control_plane = plane_.address(),
                              .authority_file = folder_.File("ca.crt"),
                              .join_token_file = folder_.File("join.token"),
                              .node_id = "eu-3",
                              .state_dir = folder_.File("state")};
  std::unique_ptr<Enrolment> enrolment_;
};

TEST_F(EnrolmentTest, JoinsOnceAndKeepsKeyAndCertificate) {
  auto entrance = enrolment_->Enter();
  ASSERT_TRUE(entrance.ok()) << entrance.status();
  EXPECT_TRUE(entrance->token.empty()) << "the certificate says who it is";
  EXPECT_EQ(plane_.joins(), 1);
  struct stat key {};
  ASSERT_EQ(stat(folder_.File("state/node_tls.key").c_str(), &key), 0);
  EXPECT_EQ(key.st_mode & 0777, 0600u);
  EXPECT_THAT(Certificate(), HasSubstr("BEGIN CERTIFICATE"));

  ASSERT_EQ(unlink(options_.join_token_file.c_str()), 0);
  EXPECT_TRUE(enrolment_->Enter().ok());
  Open();
  EXPECT_TRUE(enrolment_->Enter().ok()) << "after a restart, without the token";
  EXPECT_EQ(plane_.joins(), 1);
}

TEST_F(EnrolmentTest, RenewsAfterTwoThirdsOverTheSameChannel) {
  auto entrance = enrolment_->Enter();
  const std::string first = Certificate();
  const std::string key = Key();
  clock_.Advance(absl::Hours(15));
  EXPECT_FALSE(enrolment_->RenewIfDue(entrance->channel));
  clock_.Advance(absl::Hours(3));
  EXPECT_TRUE(enrolment_->RenewIfDue(entrance->channel));
  EXPECT_THAT(plane_.renewals(), ElementsAre(first)) << "it showed the old one";
  EXPECT_NE(Certificate(), first);
  EXPECT_EQ(Key(), key);
  EXPECT_FALSE(enrolment_->RenewIfDue(entrance->channel)) << "once";
  EXPECT_TRUE(enrolment_->Enter().ok());
  EXPECT_EQ(plane_.joins(), 1);
}

TEST_F(EnrolmentTest, ARenewalThatFailsIsTriedAgainInTime) {
  auto entrance = enrolment_->Enter();
  clock_.Advance(absl::Hours(18));
  plane_.Fail({grpc::StatusCode::UNAVAILABLE, "busy"});
  EXPECT_FALSE(enrolment_->RenewIfDue(entrance->channel));
  EXPECT_FALSE(enrolment_->RenewIfDue(entrance->channel));
  EXPECT_EQ(plane_.renewals().size(), 1u) << "not at each heartbeat";
  plane_.Fail(grpc::Status::OK);
  clock_.Advance(absl::Hours(1));
  EXPECT_TRUE(enrolment_->RenewIfDue(entrance->channel));
}

TEST_F(EnrolmentTest, NodesThatJoinedTogetherRenewApart) {
  int due = 0;
  plane_.SetLifetime(absl::Hours(30));
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    options_.seed = seed;
    options_.state_dir = folder_.File("state" + std::to_string(seed));
    ASSERT_TRUE(base::MakeFolder(options_.state_dir).ok());
    Open();
    ASSERT_TRUE(enrolment_->Enter().ok());
  }
  clock_.Advance(absl::Hours(20) + absl::Minutes(45));
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    options_.seed = seed;
    options_.state_dir = folder_.File("state" + std::to_string(seed));
    Open();
    if (enrolment_->RenewIfDue(enrolment_->Enter()->channel)) ++due;
  }
  EXPECT_GT(due, 3);
  EXPECT_LT(due, 17);
}

TEST_F(EnrolmentTest, AnExpiredCertificateIsReplacedWithTheToken) {
  ASSERT_TRUE(enrolment_->Enter().ok());
  const std::string first = Certificate();
  clock_.Advance(absl::Hours(25));
  ASSERT_TRUE(enrolment_->Enter().ok());
  EXPECT_EQ(plane_.joins(), 2);
  EXPECT_NE(Certificate(), first);
}

TEST_F(EnrolmentTest, WithoutATokenAnExpiredCertificateIsShownAllTheSame) {
  ASSERT_TRUE(enrolment_->Enter().ok());
  ASSERT_EQ(unlink(options_.join_token_file.c_str()), 0);
  clock_.Advance(absl::Hours(25));
  EXPECT_TRUE(enrolment_->Enter().ok()) << "it may be this clock that is wrong";
  EXPECT_EQ(enrolment_->Shown(), "the certificate of node eu-3");
}

TEST_F(EnrolmentTest, ARefusedCertificateAndTheTokenTakeTurns) {
  ASSERT_TRUE(enrolment_->Enter().ok());
  const std::string first = Certificate();
  enrolment_->Refused();
  plane_.Fail({grpc::StatusCode::PERMISSION_DENIED, "node eu-3 was expelled"});
  const auto refused = enrolment_->Enter();
  EXPECT_TRUE(absl::IsPermissionDenied(refused.status()));
  EXPECT_EQ(enrolment_->Shown(), "the join token in " + options_.join_token_file);
  EXPECT_EQ(Certificate(), first) << "a refused token must not cost what there is";
  EXPECT_TRUE(enrolment_->Enter().ok());
  EXPECT_EQ(plane_.joins(), 2);
  enrolment_->Refused();
  plane_.Fail(grpc::Status::OK);
  EXPECT_TRUE(enrolment_->Enter().ok());
  EXPECT_EQ(plane_.joins(), 3);
  EXPECT_NE(Certificate(), first);
}

TEST_F(EnrolmentTest, AWrongTokenIsRefusedByName) {
  WriteToken(crypto::MintKey(crypto::kJoinTokenPrefix).text);
  const auto refused = enrolment_->Enter();
  EXPECT_TRUE(absl::IsUnauthenticated(refused.status()));
  EXPECT_EQ(Certificate(), "");
}

TEST_F(EnrolmentTest, SaysWhatIsMissing) {
  ASSERT_EQ(unlink(options_.join_token_file.c_str()), 0);
  EXPECT_THAT(Why(enrolment_->Enter()),
              HasSubstr("has no certificate, and there is no join token"));
  options_.join_token_file = "";
  Open();
  EXPECT_THAT(Why(enrolment_->Enter()),
              HasSubstr("has no certificate, and no join token file is given"));
  ASSERT_TRUE(base::WriteFileAtomically(options_.authority_file, "nonsense").ok());
  EXPECT_THAT(Why(enrolment_->Enter()), HasSubstr("ca.crt does not hold a certificate in PEM"));
  ASSERT_EQ(unlink(options_.authority_file.c_str()), 0);
  EXPECT_THAT(Why(enrolment_->Enter()), HasSubstr("ca.crt"));
}

TEST_F(EnrolmentTest, AControlPlaneOfAnotherAuthorityIsNotBelieved) {
  const auto other = crypto::CertificateAuthority::Create(absl::Now(), absl::Hours(24));
  ASSERT_TRUE(base::WriteFileAtomically(options_.authority_file, other.certificate()).ok());
  EXPECT_THAT(Why(enrolment_->Enter()), HasSubstr("not from the authority that was given"));
  EXPECT_EQ(plane_.joins(), 0) << "the token stays here";
}

TEST_F(EnrolmentTest, FilesThatDoNotBelongTogetherCountAsNone) {
  ASSERT_TRUE(enrolment_->Enter().ok());
  const base::Secret other = crypto::MakePrivateKey();
  ASSERT_TRUE(base::WriteFileAtomically(folder_.File("state/node_tls.key"), other.Reveal()).ok());
  Open();
  ASSERT_TRUE(enrolment_->Enter().ok());
  EXPECT_EQ(plane_.joins(), 2);
  ASSERT_TRUE(base::WriteFileAtomically(folder_.File("state/node.crt"), "cut").ok());
  Open();
  ASSERT_TRUE(enrolment_->Enter().ok());
  EXPECT_EQ(plane_.joins(), 3);
}

TEST_F(EnrolmentTest, AJoinThatHangsEndsWithTheLink) {
  plane_.Hold();
  std::thread stop([this] { enrolment_->Cancel(); });
  const auto began = std::chrono::steady_clock::now();
  EXPECT_TRUE(absl::IsCancelled(enrolment_->Enter().status()));
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(10));
  stop.join();
}

TEST_F(EnrolmentTest, InPlaintextTheTokenIsShownAndNothingIsKept) {
  options_.authority_file = "";
  Open();
  const auto entrance = enrolment_->Enter();
  ASSERT_TRUE(entrance.ok()) << entrance.status();
  EXPECT_TRUE(entrance->token.Equals(token_.text.Reveal()));
  EXPECT_FALSE(enrolment_->RenewIfDue(entrance->channel));
  EXPECT_EQ(Certificate(), "");
}

}  // namespace
}  // namespace sluice::link
