// The whole configuration as a file, out of one control plane and into it again.
#include "common/base/file.h"
#include "tests/integration/stack_test.h"
#include "tests/support/stack/programs.h"

namespace sluice::test {
namespace {

class DeclarationTest : public StackTest {
 protected:
  // Puts `text` into a file that `apply -f` reads.
  std::string FileOf(const std::string& text) {
    const std::string path = stack_->folder().File("c.yaml");
    EXPECT_TRUE(base::WriteFileAtomically(path, text).ok());
    return path;
  }
  std::string Export() {
    const CtlResult exported = stack_->Ctl({"export"});
    EXPECT_TRUE(exported.ok()) << exported.err;
    return exported.out;
  }
};

TEST_F(DeclarationTest, AnExportAppliedChangesNothing) {
  const std::string exported = Export();
  EXPECT_EQ(exported.find("sk-emulator"), std::string::npos) << exported;
  const CtlResult applied = stack_->Ctl({"apply", "-f", FileOf(exported), "--prune"});
  ASSERT_TRUE(applied.ok()) << applied.err;
  EXPECT_TRUE(applied.json["resources"].empty()) << applied.out;
  EXPECT_EQ(Export(), exported);
  EXPECT_EQ(Status(), 200);
}

TEST_F(DeclarationTest, OneFileIsOneRevisionOnEveryNode) {
  const std::string url = stack_->emulator().url() + "/v1";
  const std::string key = stack_->folder().File("second.key");
  ASSERT_TRUE(base::WriteFileAtomically(key, "sk-emulator-0002\n").ok());
  const std::string path = FileOf(
      "settings:\n"
      "  max_header_fields: 100\n"
      "providers:\n"
      "  - name: second\n"
      "    preset: openai\n"
      "    base_url: " +
      url +
      "\n"
      "provider_keys:\n"
      "  - provider: second\n"
      "    name: main\n"
      "    from_file: second.key\n");
  const int64_t before = stack_->Ctl({"status"}).json["revision"].get<int64_t>();
  const CtlResult planned = stack_->Ctl({"apply", "-f", path, "--dry-run"});
  ASSERT_TRUE(planned.ok()) << planned.err;
  EXPECT_EQ(planned.json["resources"].size(), 3u) << planned.out;
  EXPECT_EQ(stack_->Ctl({"status"}).json["revision"], before);

  const CtlResult applied = stack_->Ctl({"apply", "-f", path, "--wait"});
  ASSERT_TRUE(applied.ok()) << applied.err;
  EXPECT_EQ(applied.json["revision"], before + 1);
  EXPECT_EQ(applied.out.find("sk-emulator"), std::string::npos) << applied.out;
  EXPECT_EQ(Status("/p/second/models"), 200);
  EXPECT_EQ(Status(), 200) << "what is not named stays";

  const CtlResult late =
      stack_->Ctl({"apply", "-f", path, "--if-revision", std::to_string(before), "--dry-run"});
  EXPECT_EQ(late.exit_code, 1);
  EXPECT_NE(late.err.find("conflict: revision"), std::string::npos) << late.err;
}

TEST_F(DeclarationTest, APruneTakesAwayWhatTheFileDoesNotName) {
  const CtlResult pruned =
      stack_->Ctl({"apply", "-f",
                   FileOf("providers: []\nprovider_keys: []\nclient_keys: []\njwt_issuers: []\n"),
                   "--dry-run", "--prune"});
  ASSERT_TRUE(pruned.ok()) << pruned.err;
  EXPECT_EQ(pruned.json["resources"].size(), 3u) << pruned.out;
  nlohmann::json without = nlohmann::json::parse(Export());
  without["client_keys"] = nlohmann::json::array();
  const CtlResult applied =
      stack_->Ctl({"apply", "-f", FileOf(without.dump()), "--prune", "--wait"});
  ASSERT_TRUE(applied.ok()) << applied.err;
  EXPECT_EQ(Status(), 401) << "its key must be revoked";
}

}  // namespace
}  // namespace sluice::test
