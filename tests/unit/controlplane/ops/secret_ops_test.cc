// Master keys and their rotation over a real store.
#include "controlplane/ops/secret_ops.h"

#include "common/base/text.h"
#include "common/crypto/aead.h"
#include "controlplane/ops/revision_ops.h"
#include "tests/unit/controlplane/ops/ops_fixture.h"

namespace sluice::ops {
namespace {

using store::ResourceKind;
using ::testing::HasSubstr;

sealing::MasterKeys KeysOf(const std::string& fills) {
  std::string text;
  for (const char fill : fills) text += absl::Base64Escape(std::string(32, fill)) + "\n";
  return *sealing::MasterKeys::Parse(text, "text");
}

class SecretOpsTest : public OpsFixture {
 protected:
  SecretOpsTest() {
    EXPECT_TRUE(store_
                    ->Reseal({},
                             [&](store::SecretRows& rows) -> absl::StatusOr<std::string> {
                               EXPECT_TRUE(
                                   rows.PutMeta(kMeta.check_value, sealer_.MakeCheckValue()).ok());
                               return "";
                             })
                    .ok());
    EXPECT_TRUE(CreateProvider("a").ok());
  }
  std::string Add(const std::string& name, const std::string& secret) {
    const auto made = CreateProviderKey("a", name, secret);
    EXPECT_TRUE(made.ok()) << made.status();
    return made->provider_key().id();
  }
  void Replace(const std::string& id, const std::string& secret) {
    admin::v1::UpdateProviderKeyRequest request;
    request.mutable_ref()->set_id(id);
    request.set_secret(secret);
    ASSERT_TRUE(provider_keys_.Update(By("UpdateProviderKey"), request).ok());
  }
  // As an older release had it: no generation, no envelope.
  void AddOld(const std::string& id, const std::string& secret) {
    config::v1::ProviderKey key;
    key.set_id(id);
    key.set_provider("a");
    key.set_name(id);
    ASSERT_TRUE(
        store::Commit(*store_, store::RowOf(key, crypto::Seal(base::Secret(std::string(32, 'k')),
                                                              secret, "provider_key/" + id)))
            .ok());
  }
  std::string Opened(const sealing::Sealer& sealer, const std::string& id) {
    const auto row = (*store_->Read())->rows().FindById(ResourceKind::kProviderKey, id);
    EXPECT_TRUE(row.ok()) << row.status();
    const auto key = store::Decode<config::v1::ProviderKey>(**row);
    const auto secret = sealer.Open(sealing::PlaceOf(*key), (*row)->material);
    return secret.ok() ? std::string(secret->Reveal()) : MessageOf(secret.status());
  }
  // To its end; how many messages it took.
  int Rotate(const sealing::Sealer& sealer) {
    SecretOps secrets(*store_, sealer, kMeta, clock_);
    SecretOps::Rotation rotation(secrets, By("RotateMasterKey"));
    for (int steps = 1;; ++steps) {
      const auto progress = rotation.Next();
      EXPECT_TRUE(progress.ok()) << progress.status();
      if (!progress.ok() || progress->done()) return steps;
      EXPECT_LE(progress->under_newest(), progress->total());
    }
  }

  const MasterKeyMeta kMeta{"key_check", "master_key_id"};
  const sealing::Sealer both_{KeysOf("kn")};  // 'k' is the fixture's
  const sealing::Sealer newest_{KeysOf("n")};
};

TEST_F(SecretOpsTest, EverythingComesUnderTheNewestTheHistoryIncluded) {
  const std::string id = Add("main", "sk-1");
  Replace(id, "sk-2");
  AddOld("pk_old", "sk-old");
  for (int i = 0; i < 40; ++i) Add(base::Cat("k", i), base::Cat("sk-", i));
  const int64_t revision = Revision();
  const int rings = bell_.rings;
  EXPECT_GT(Rotate(both_), 3) << "in batches";
  EXPECT_EQ(Revision(), revision) << "no revision is made by it";
  EXPECT_EQ(bell_.rings, rings);
  EXPECT_EQ(Opened(newest_, id), "sk-2");
  EXPECT_EQ(Opened(newest_, "pk_old"), "sk-old");
  EXPECT_THAT(Opened(sealer_, id), HasSubstr("which is not there")) << "the old key opens nothing";

  SecretOps secrets(*store_, both_, kMeta, clock_);
  const auto status = secrets.Status();
  ASSERT_TRUE(status.ok()) << status.status();
  ASSERT_EQ(status->master_keys_size(), 2);
  EXPECT_EQ(status->master_keys(0).secrets(), 0);
  EXPECT_EQ(status->master_keys(1).secrets(), 43);
  EXPECT_TRUE(status->master_keys(1).newest());
  EXPECT_EQ(newest_.MakerOf(*store_->Meta(kMeta.check_value)), &newest_.keys().newest());
  EXPECT_TRUE(store_->InspectSecrets([](const auto& rows) { return rows.CheckHistory(); }).ok());

  // What the history holds comes back without the old key.
  WritePath path(*store_, clock_, bell_);
  RevisionOps revisions(path, newest_);
  admin::v1::RollbackRequest rollback;
  rollback.set_to_revision(2);
  const auto back = revisions.Rollback(By("Rollback"), rollback);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(Opened(newest_, id), "sk-1");
}

TEST_F(SecretOpsTest, ItIsAuditedAtItsBeginningAndItsEnd) {
  Add("main", "sk-1");
  Rotate(both_);
  const auto audit = history_.ListAudit({});
  const std::string id = sealing::MasterKeyIdText(newest_.keys().newest().id);
  EXPECT_EQ(audit->entries(1).summary(),
            "rotation to master key " + id + " begun: 1 of 1 secrets are to be sealed anew");
  EXPECT_EQ(audit->entries(0).summary(),
            "rotation to master key " + id + " done: all 1 secrets are sealed under it");
  EXPECT_EQ(audit->entries(0).actor(), "alice");
  EXPECT_EQ(history_.VerifyAudit()->intact(), true);
}

// Wherever it is cut, what is there opens, and the next one ends it.
TEST_F(SecretOpsTest, ARotationThatWasCutGoesOn) {
  std::vector<std::string> ids;
  for (int i = 0; i < 40; ++i) ids.push_back(Add(base::Cat("k", i), base::Cat("sk-", i)));
  SecretOps secrets(*store_, both_, kMeta, clock_);
  for (int steps = 0; steps < 3; ++steps) {
    SecretOps::Rotation rotation(secrets, By("RotateMasterKey"));
    for (int i = 0; i < steps; ++i) ASSERT_TRUE(rotation.Next().ok());
    for (size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(Opened(both_, ids[i]), base::Cat("sk-", i));
    EXPECT_NE(both_.MakerOf(*store_->Meta(kMeta.check_value)), &both_.keys().newest())
        << "the old key is needed until the end";
  }
  Rotate(both_);
  for (size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(Opened(newest_, ids[i]), base::Cat("sk-", i));
  EXPECT_EQ(Rotate(both_), 2) << "again is nothing to do";
}

TEST_F(SecretOpsTest, WhatIsWrittenMeanwhileIsThereAfterwards) {
  std::vector<std::string> ids;
  for (int i = 0; i < 40; ++i) ids.push_back(Add(base::Cat("k", i), base::Cat("sk-", i)));
  SecretOps secrets(*store_, both_, kMeta, clock_);
  ProviderKeyOps provider_keys(path_, both_);
  SecretOps::Rotation rotation(secrets, By("RotateMasterKey"));
  bool done = false;
  for (int i = 0; !done; ++i) {
    const auto progress = rotation.Next();
    ASSERT_TRUE(progress.ok()) << progress.status();
    done = progress->done();
    admin::v1::UpdateProviderKeyRequest request;
    request.mutable_ref()->set_id(ids[i * 7 % 40]);
    request.set_secret(base::Cat("sk-new-", i));
    ASSERT_TRUE(provider_keys.Update(By("UpdateProviderKey"), request).ok());
    EXPECT_EQ(Opened(newest_, ids[i * 7 % 40]), base::Cat("sk-new-", i));
  }
  for (const std::string& id : ids) EXPECT_THAT(Opened(newest_, id), HasSubstr("sk-"));
}

TEST_F(SecretOpsTest, ASecretThatDoesNotOpenEndsItAndNothingOfItsBatchIsWritten) {
  Add("main", "sk-1");
  config::v1::ProviderKey key;
  key.set_id("pk_bad");
  key.set_provider("a");
  key.set_name("bad");
  ASSERT_TRUE(store::Commit(*store_, store::RowOf(key, std::string(60, 'x'))).ok());
  SecretOps secrets(*store_, both_, kMeta, clock_);
  SecretOps::Rotation rotation(secrets, By("RotateMasterKey"));
  const absl::Status status = rotation.Next().status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(MessageOf(status), HasSubstr("pk_bad"));
  EXPECT_EQ(secrets.Status()->master_keys(1).secrets(), 0);
}

}  // namespace
}  // namespace sluice::ops
