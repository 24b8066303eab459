// export and apply.
#include <gmock/gmock.h>

#include <random>

#include "common/base/file.h"
#include "common/base/text.h"
#include "controlplane/cli/declaration_file.h"
#include "controlplane/cli/declaration_text.h"
#include "google/protobuf/util/message_differencer.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/controlplane/cli/command_fixture.h"

namespace sluice::cli {
namespace {

using admin::v1::ApplyConfigurationRequest;
using admin::v1::ApplyConfigurationResponse;
using admin::v1::ExportConfigurationResponse;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kConfiguration[] =
    "revision: 7 settings { enable_passthrough_routes: false timeouts { first_byte { seconds: 1200 "
    "} } } providers { name: 'openai' preset: 'openai' labels { key: 'team' value: 'x' } labels { "
    "key: 'b' value: 'true' } } provider_keys { id: 'pk_1' provider: 'openai' name: 'main' "
    "created_at { seconds: 5 } } provider_keys { id: 'pk_2' provider: 'openai' name: 'old-1' "
    "enabled: false } client_keys { key { id: 'abcd' name: 'ci' providers: 'openai' created_at { "
    "seconds: 5 } expires_at { seconds: 1769860800 } note: 'two\\nlines' } sha256: "
    "'DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD' } jwt_issuers { name: 'corp' issuer: 'corp' audiences: "
    "'sluice' algorithms: JWT_ALGORITHM_HS256 created_at { seconds: 5 } }";
constexpr char kYaml[] =
    "# Sluice configuration, revision 7; sluicectl apply -f reads it.\n"
    "settings:\n"
    "  enable_passthrough_routes: false\n"
    "  timeouts:\n"
    "    first_byte: \"1200s\"\n"
    "providers:\n"
    "  - name: openai\n"
    "    preset: openai\n"
    "    labels:\n"
    "      b: \"true\"\n"
    "      team: x\n"
    "provider_keys:\n"
    "  - provider: openai\n"
    "    name: main\n"
    "    from_env: SLUICE_OPENAI_MAIN\n"
    "  - provider: openai\n"
    "    name: old-1\n"
    "    enabled: false\n"
    "    from_env: SLUICE_OPENAI_OLD_1\n"
    "client_keys:\n"
    "  - id: abcd\n"
    "    name: ci\n"
    "    providers:\n"
    "      - openai\n"
    "    expires_at: \"2026-01-31T12:00:00Z\"\n"
    "    note: \"two\\nlines\"\n"
    "    sha256: \"4444444444444444444444444444444444444444444444444444444444444444\"\n"
    "jwt_issuers:\n"
    "  - name: corp\n"
    "    issuer: corp\n"
    "    audiences:\n"
    "      - sluice\n"
    "    algorithms:\n"
    "      - JWT_ALGORITHM_HS256\n"
    "    from_env: SLUICE_JWT__CORP\n";

class DeclarationCommandsTest : public CommandTest {
 protected:
  std::string FileOf(const std::string& text) {
    const std::string path = folder_.File("c.yaml");
    EXPECT_TRUE(base::WriteFileAtomically(path, text).ok());
    return path;
  }
  test::TempFolder folder_;
};

TEST_F(DeclarationCommandsTest, ExportsYaml) {
  Answer<ExportConfigurationResponse>(kConfiguration);
  const Result result = Run({"export"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, kYaml);
  EXPECT_EQ(Run({"export", "-o", "yaml"}).out, kYaml);
  const Result json = Run({"export", "-o", "json"});
  EXPECT_THAT(json.out, HasSubstr("\"from_env\": \"SLUICE_OPENAI_MAIN\""));
}

TEST_F(DeclarationCommandsTest, AnEmptyConfigurationExportsItsParts) {
  Answer<ExportConfigurationResponse>("revision: 0");
  EXPECT_THAT(Run({"export"}).out,
              HasSubstr("\nproviders: []\nprovider_keys: []\nclient_keys: []\njwt_issuers: []\n"));
}

// Two keys must not be led to one secret.
TEST_F(DeclarationCommandsTest, VariablesOfTwoKeysDiffer) {
  Answer<ExportConfigurationResponse>(
      "provider_keys { id: 'pk_1' provider: 'a' name: 'b-c' } "
      "provider_keys { id: 'pk_2' provider: 'a-b' name: 'c' }");
  const std::string out = Run({"export"}).out;
  EXPECT_THAT(out, HasSubstr("SLUICE_A_B_C_PK_1"));
  EXPECT_THAT(out, HasSubstr("SLUICE_A_B_C_PK_2"));
}

TEST_F(DeclarationCommandsTest, WhatIsExportedIsApplied) {
  for (const std::string format : {"yaml", "json"}) {
    Answer<ExportConfigurationResponse>(kConfiguration);
    const std::string text = Run({"export", "-o", format}).out;
    Answer<ApplyConfigurationResponse>("revision: 7");
    const Result result = Run({"apply", "-f", "-", "--prune"}, text);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(result.out, "nothing differs from revision 7\n");
    EXPECT_EQ(result.err,
              "these keep their secret: openai/main (SLUICE_OPENAI_MAIN is not set), "
              "openai/old-1 (SLUICE_OPENAI_OLD_1 is not set), jwt issuer corp "
              "(SLUICE_JWT__CORP is not set)\n");
    EXPECT_EQ(Asked<ApplyConfigurationRequest>(),
              "settings { enable_passthrough_routes: false timeouts { first_byte { seconds: 1200 } "
              "} } providers { name: \"openai\" preset: \"openai\" labels { key: \"b\" value: "
              "\"true\" } labels { key: \"team\" value: \"x\" } } provider_keys { provider: "
              "\"openai\" name: \"main\" } provider_keys { provider: \"openai\" name: \"old-1\" "
              "enabled: false } client_keys { key { id: \"abcd\" name: \"ci\" providers: "
              "\"openai\" expires_at { seconds: 1769860800 } note: \"two\\nlines\" } sha256: "
              "\"DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD\" } prune: true jwt_issuers { issuer { name: "
              "\"corp\" issuer: \"corp\" audiences: \"sluice\" algorithms: "
              "JWT_ALGORITHM_HS256 } }");
  }
}

TEST_F(DeclarationCommandsTest, SecretsComeFromWhereTheFileSays) {
  environment_["MY_KEY"] = "sk-1";
  Answer<ApplyConfigurationResponse>("revision: 8");
  const std::string path = FileOf("provider_keys: [{provider: a, name: main, from_env: MY_KEY}]\n");
  EXPECT_EQ(Run({"apply", "-f", path, "--if-revision", "7"}).exit_code, 0);
  EXPECT_EQ(Asked<ApplyConfigurationRequest>(),
            "provider_keys { provider: \"a\" name: \"main\" secret: \"sk-1\" } expected_revision: "
            "7");
}

TEST_F(DeclarationCommandsTest, ShowsThePlan) {
  const char* const answer =
      "revision: 9 resources { kind: 'provider' id: 'a' name: 'a' action: CHANGED fields { field: "
      "'base_url' after: '\"https://x\"' } } resources { kind: 'provider key' id: 'pk' name: "
      "'a/main' action: CHANGED fields { field: 'secret' } } resources { kind: 'client key' id: "
      "'k' name: 'old' }";
  const std::string lines =
      "~ provider a\n"
      "    base_url: (not set) -> \"https://x\"\n"
      "~ provider key a/main\n"
      "    secret: (a secret, not shown)\n"
      "client key old stays revoked\n";
  Answer<ApplyConfigurationResponse>(answer);
  const std::string path = FileOf("providers: []\n");
  EXPECT_EQ(Run({"apply", "-f", path}).out, lines + "applied as revision 9\n");
  EXPECT_EQ(Run({"apply", "-f", path, "--dry-run"}).out,
            lines + "would change 2 resources of revision 9; nothing was changed\n");
  EXPECT_EQ(Asked<ApplyConfigurationRequest>(), "dry_run: true");
  EXPECT_THAT(Run({"apply", "-f", path, "-o", "json"}).out, HasSubstr("\"revision\": 9"));
}

TEST_F(DeclarationCommandsTest, ADryRunDoesNotWait) {
  Answer<ApplyConfigurationResponse>("revision: 9");
  const std::string path = FileOf("providers: []\n");
  EXPECT_EQ(Run({"apply", "-f", path, "--dry-run", "--wait"}).exit_code, 0);
  EXPECT_EQ(requests(), 1u);
  Report({"revision: 9 total: 1 acked: 1 done: true"});
  EXPECT_EQ(Run({"apply", "-f", path, "--wait"}).exit_code, 0);
  EXPECT_EQ(requests(), 3u);
}

TEST_F(DeclarationCommandsTest, APruneOfAPartThatIsNotThereIsRefused) {
  const std::string path = FileOf("providers: []\nprovider_keys: []\n");
  const Result result = Run({"apply", "-f", path, "--prune"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err,
              HasSubstr(path + " has no client_keys, no jwt_issuers, and --prune would take all"));
  EXPECT_EQ(requests(), 0u);
}

TEST_F(DeclarationCommandsTest, ABadFileIsNotSent) {
  const std::string path = FileOf("providers:\n  - nmae: a\n");
  const Result result = Run({"apply", "-f", path});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr(path + ":2: providers[0]: there is no field \"nmae\""));
  EXPECT_EQ(Run({"apply"}).exit_code, 2);
  EXPECT_THAT(Run({"apply", "-f", "-"}, "a: [").err, HasSubstr("standard input:"));
  EXPECT_EQ(requests(), 0u);
}

TEST_F(DeclarationCommandsTest, WhatDoesNotFitIntoARequestIsNotSent) {
  std::string text = "client_keys:\n";
  for (int i = 0; i < 9000; ++i) {
    text += base::Cat("  - {name: k", i, ", note: ", std::string(1000, 'x'), "}\n");
  }
  const Result result = Run({"apply", "-f", "-"}, "");
  EXPECT_THAT(result.err, HasSubstr("holds nothing"));
  const Result large = Run({"apply", "-f", FileOf(text)});
  EXPECT_EQ(large.exit_code, 1);
  EXPECT_THAT(large.err, HasSubstr("declares more than fits into one request"));
  EXPECT_EQ(requests(), 0u);
}

TEST_F(DeclarationCommandsTest, AConflictIsSaidAndExitsWithOne) {
  Fail(FailureCode::kAborted, "conflict: revision 5 was expected, but the newest is 7");
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"apply", "-f", FileOf("providers: []\n"), "--if-revision", "5"},
        {"provider", "delete", "x", "--if-revision", "5"},
        {"key", "revoke", "x", "--if-revision", "5"},
        {"settings", "unset", "timeouts.connect", "--if-revision", "5"},
        {"rollback", "3", "--if-revision", "5"}}) {
    const Result result = Run(command);
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_EQ(result.err, "sluicectl: conflict: revision 5 was expected, but the newest is 7\n");
  }
}

// Any text that a field can hold comes back the same through the file.
class RandomConfiguration {
 public:
  explicit RandomConfiguration(uint32_t seed) : random_(seed) {}

  ExportConfigurationResponse Make() {
    ExportConfigurationResponse configuration;
    for (int i = 0; i < 3; ++i) {
      auto* key = configuration.add_client_keys();
      key->mutable_key()->set_id(base::Cat("id", i));
      key->mutable_key()->set_name(Name());
      key->mutable_key()->set_note(Text());
      (*key->mutable_key()->mutable_labels())[Name()] = Name();
      if (random_() % 2 == 0) key->mutable_key()->set_enabled(random_() % 2 == 0);
      key->mutable_key()->mutable_expires_at()->set_seconds(random_() % 2'000'000'000);
      key->mutable_key()->mutable_expires_at()->set_nanos(random_() % 3 == 0 ? 123456000 : 0);
      key->set_sha256(std::string(32, static_cast<char>(random_())));
    }
    if (random_() % 2 == 0) {
      auto* settings = configuration.mutable_settings();
      if (random_() % 2 == 0) settings->set_allow_passthrough_v1_alias(false);
      settings->mutable_header_timeout()->set_seconds(1 + random_() % 1000);
      settings->mutable_header_timeout()->set_nanos(random_() % 2 == 0 ? 250'000'000 : 0);
      if (random_() % 2 == 0) settings->mutable_timeouts();
    }
    return configuration;
  }

 private:
  std::string Name() {
    static const std::vector<std::string> kOdd = {"1",    "1e3",  "true",   "no", "null",
                                                  "0x1f", "1.5",  "off",    "y",  "inf",
                                                  "nan",  "12-3", "2025-06"};
    return kOdd[random_() % kOdd.size()];
  }
  std::string Text() {
    static const std::vector<std::string> kPieces = {"a",
                                                     " ",
                                                     "\n",
                                                     "\t",
                                                     ":",
                                                     ": ",
                                                     " #",
                                                     "#",
                                                     "'",
                                                     "\"",
                                                     "\\",
                                                     "{",
                                                     "}",
                                                     "[",
                                                     "]",
                                                     ",",
                                                     "&",
                                                     "*",
                                                     "!",
                                                     "|",
                                                     ">",
                                                     "%",
                                                     "@",
                                                     "`",
                                                     "-",
                                                     "- ",
                                                     "? ",
                                                     "~",
                                                     "\r",
                                                     "\xc3\xa9",
                                                     "\xe2\x80\xa8",
                                                     "\xc2\x85",
                                                     "\xef\xbb\xbf",
                                                     "\xf0\x9f\x98\x80",
                                                     "---",
                                                     "...",
                                                     "true",
                                                     "12"};
    std::string text;
    for (size_t i = random_() % 8; i > 0; --i) text += kPieces[random_() % kPieces.size()];
    return text;
  }

  std::mt19937 random_;
};

TEST_F(DeclarationCommandsTest, AnyTextSurvivesTheWayThroughTheFile) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(base::Cat("seed ", seed));
  RandomConfiguration random(seed);
  Terminal terminal;
  for (int round = 0; round < 300; ++round) {
    const ExportConfigurationResponse configuration = random.Make();
    for (const OutputFormat format : {OutputFormat::kYaml, OutputFormat::kJson}) {
      const auto text = DeclarationText(configuration, format);
      ASSERT_TRUE(text.ok()) << text.status();
      const auto file = ReadDeclaration(FileOf(*text), terminal);
      ASSERT_TRUE(file.ok()) << file.status() << "\n" << *text;
      ExportConfigurationResponse again;
      if (file->request.has_settings()) *again.mutable_settings() = file->request.settings();
      *again.mutable_client_keys() = file->request.client_keys();
      ASSERT_TRUE(google::protobuf::util::MessageDifferencer::Equals(again, configuration))
          << configuration.DebugString() << *text;
    }
  }
}

}  // namespace
}  // namespace sluice::cli
