// Backups and seeds as use cases: one at a time, and in the audit.
#include "controlplane/ops/backup_ops.h"

#include <filesystem>

#include "controlplane/ops/seed_ops.h"
#include "tests/unit/controlplane/ops/ops_fixture.h"

namespace sluice::ops {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class BackupOpsTest : public OpsFixture {
 protected:
  BackupOpsTest() : backups_(*store_, clock_) {}

  std::string NewestAudit() {
    const auto audit = history_.ListAudit({});
    return audit->entries(0).rpc() + ": " + audit->entries(0).summary();
  }

  BackupOps backups_;
};

TEST_F(BackupOpsTest, OneAtATimeAndInTheAudit) {
  ASSERT_TRUE(CreateProvider("a").ok());
  auto first = backups_.Create(By("CreateBackup"));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ((**first)->revision(), 1);
  EXPECT_EQ(NewestAudit(), "CreateBackup: backup of revision 1 taken");
  EXPECT_TRUE(absl::IsResourceExhausted(backups_.Create(By("CreateBackup")).status()));
  first->reset();
  EXPECT_TRUE(backups_.Create(By("CreateBackup")).ok());
  EXPECT_EQ(Revision(), 1) << "a backup is no revision";
}

TEST_F(BackupOpsTest, AFailureGivesTheTurnBack) {
  std::filesystem::rename(folder_.File("s.db"), folder_.File("away.db"));
  EXPECT_FALSE(backups_.Create(By("CreateBackup")).ok());
  std::filesystem::rename(folder_.File("away.db"), folder_.File("s.db"));
  EXPECT_TRUE(backups_.Create(By("CreateBackup")).ok());
}

TEST_F(BackupOpsTest, ASeedIsSealedAndInTheAudit) {
  const std::string key(32, 's');
  SeedOps seeds(*store_, clock_, base::Secret(key), []() -> absl::StatusOr<wire::Seed> {
    return wire::Seed{"epoch", 7, "hash", "lineage", base::Secret(std::string("sk-canary"))};
  });
  const auto made = seeds.Create(By("CreateSeed"));
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->revision(), 7);
  EXPECT_THAT(made->seed(), Not(HasSubstr("canary")));
  EXPECT_EQ(wire::OpenSeed(base::Secret(key), made->seed())->bytes.Reveal(), "sk-canary");
  EXPECT_EQ(NewestAudit(), "CreateSeed: seed of revision 7 made");
}

TEST_F(BackupOpsTest, WithoutASeedThereIsNone) {
  SeedOps none(*store_, clock_, base::Secret(std::string(32, 's')),
               [] { return absl::UnavailableError("nothing is published yet"); });
  EXPECT_TRUE(absl::IsUnavailable(none.Create(By("CreateSeed")).status()));
  SeedOps large(*store_, clock_, base::Secret(std::string(32, 's')),
                []() -> absl::StatusOr<wire::Seed> {
                  return wire::Seed{"e", 7, "h", "l", base::Secret(std::string(9 << 20, 'x'))};
                });
  const absl::Status status = large.Create(By("CreateSeed")).status();
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_THAT(MessageOf(status), HasSubstr("too large for a seed"));
}

}  // namespace
}  // namespace sluice::ops
