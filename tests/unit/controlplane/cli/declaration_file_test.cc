// What stands in a file: read strictly, told with file, line and field.
#include "controlplane/cli/declaration_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "common/base/file.h"
#include "google/protobuf/text_format.h"
#include "tests/support/temp_folder.h"

namespace sluice::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class DeclarationFileTest : public ::testing::Test {
 protected:
  DeclarationFileTest() {
    terminal_.out = &out_;
    terminal_.err = &out_;
    terminal_.input_fd = -1;
    terminal_.environment = [this](const std::string& name) -> std::optional<std::string> {
      const auto found = environment_.find(name);
      if (found == environment_.end()) return std::nullopt;
      return found->second;
    };
  }

  absl::StatusOr<DeclarationFile> Read(const std::string& text) {
    EXPECT_TRUE(base::WriteFileAtomically(path_, text).ok());
    return ReadDeclaration(path_, terminal_);
  }
  // The request as text on one line.
  std::string Request(const std::string& text) {
    auto file = Read(text);
    EXPECT_TRUE(file.ok()) << file.status();
    google::protobuf::TextFormat::Printer printer;
    printer.SetSingleLineMode(true);
    std::string printed;
    if (file.ok()) printer.PrintToString(file->request, &printed);
    return printed;
  }
  // The complaint, without the name of the file, which must be in front.
  std::string Complaint(const std::string& text) {
    const absl::Status status = Read(text).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    const std::string message(status.message());
    EXPECT_TRUE(message.starts_with(path_ + ":")) << message;
    EXPECT_THAT(message, Not(HasSubstr("canary")));
    return message.substr(std::min(message.size(), path_.size() + 1));
  }

  test::TempFolder folder_;
  const std::string path_ = folder_.File("c.yaml");
  std::map<std::string, std::string> environment_;
  std::ostringstream out_;
  Terminal terminal_;
};

TEST_F(DeclarationFileTest, ReadsEveryKindOfField) {
  EXPECT_EQ(Request("settings:\n"
                    "  enable_passthrough_routes: false\n"
                    "  max_header_fields: 64\n"
                    "  header_timeout: 30m\n"
                    "  timeouts: {first_byte: '1.5s'}\n"
                    "providers:\n"
                    "  - name: a\n"
                    "    preset: custom\n"
                    "    base_url: https://x.example.com\n"
                    "    encoded_slashes: preserve\n"
                    "    auth: [{header: x-key}]\n"
                    "    denied_endpoints: [files]\n"
                    "    labels: {b: '1', a: x}\n"),
            "settings { enable_passthrough_routes: false max_header_fields: 64 header_timeout { "
            "seconds: 1800 } timeouts { first_byte { seconds: 1 nanos: 500000000 } } } "
            "providers { name: \"a\" preset: \"custom\" base_url: \"https://x.example.com\" auth { "
            "header: \"x-key\" } denied_endpoints: \"files\" encoded_slashes: "
            "ENCODED_SLASHES_PRESERVE labels { key: \"a\" value: \"x\" } labels { key: \"b\" "
            "value: \"1\" } } ");
}

TEST_F(DeclarationFileTest, ReadsKeys) {
  environment_["A_KEY"] = "sk-1";
  ASSERT_TRUE(base::WriteFileAtomically(folder_.File("b.key"), "sk-2\n").ok());
  EXPECT_EQ(
      Request("provider_keys:\n"
              "  - {provider: a, name: main, from_env: A_KEY}\n"
              "  - {provider: a, name: '2', enabled: false, from_file: b.key}\n"
              "client_keys:\n"
              "  - name: ci\n"
              "    id: abc\n"
              "    providers: [a]\n"
              "    expires_at: 2026-02-01T00:00:00Z\n"
              "    sha256: '" +
              std::string(64, '4') + "'\n"),
      "provider_keys { provider: \"a\" name: \"main\" secret: \"sk-1\" } provider_keys { "
      "provider: \"a\" name: \"2\" enabled: false secret: \"sk-2\" } client_keys { key { id: "
      "\"abc\" name: \"ci\" providers: \"a\" expires_at { seconds: 1769904000 } } sha256: \"" +
          std::string(32, 'D') + "\" } ");
}

TEST_F(DeclarationFileTest, ReadsTokenIssuers) {
  environment_["BATCH"] = std::string(32, 'q');
  EXPECT_EQ(Request("jwt_issuers:\n"
                    "  - name: batch\n"
                    "    issuer: batch\n"
                    "    audiences: [sluice]\n"
                    "    algorithms: [HS256]\n"
                    "    leeway: 5s\n"
                    "    limits: {concurrent: 3}\n"
                    "    concurrent_claim: parallel\n"
                    "    from_env: BATCH\n"),
            "jwt_issuers { issuer { name: \"batch\" issuer: \"batch\" audiences: \"sluice\" "
            "algorithms: JWT_ALGORITHM_HS256 leeway { seconds: 5 } limits { concurrent: 3 } "
            "concurrent_claim: \"parallel\" } hs256_secret: \"" +
                std::string(32, 'q') + "\" } ");
  environment_["BATCH"] = "canary";
  EXPECT_THAT(Complaint("jwt_issuers:\n  - {name: a, issuer: a, audiences: [b], algorithms: "
                        "[hs256], from_env: BATCH}\n"),
              HasSubstr("its secret has 6 bytes"));
  EXPECT_THAT(Complaint("jwt_issuers:\n  - {name: a, hs256_secret: canary}\n"),
              HasSubstr("a secret never stands in the file"));
  EXPECT_THAT(Complaint("jwt_issuers:\n  - {name: a, issuer: a, audiences: [b], jwks: '{}'}\n"),
              HasSubstr("jwks has no list \"keys\""));
  EXPECT_THAT(Complaint("jwt_issuers:\n  - {name: a, algorithms: [RS512]}\n"),
              HasSubstr("algorithms[0]: must be rs256 or es256 or eddsa or hs256"));
}

TEST_F(DeclarationFileTest, ReadsTheWeightOfAProviderKey) {
  EXPECT_EQ(Request("provider_keys:\n  - {provider: a, name: b, weight: 3}\n"),
            "provider_keys { provider: \"a\" name: \"b\" weight: 3 } ");
  EXPECT_THAT(Complaint("provider_keys:\n  - {provider: a, name: b, weight: 0}\n"),
              HasSubstr("weight is 0"));
}

TEST_F(DeclarationFileTest, KnowsWhichPartsThereAre) {
  const auto file = Read("providers: []\nclient_keys: []\n");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_TRUE(file->has_providers);
  EXPECT_FALSE(file->has_provider_keys);
  EXPECT_TRUE(file->has_client_keys);
  EXPECT_FALSE(file->has_jwt_issuers);
  EXPECT_FALSE(file->request.has_settings());
  EXPECT_TRUE(Read("settings: {}\n")->request.has_settings());
}

TEST_F(DeclarationFileTest, ReferencesThatLeadNowhereAreTold) {
  const auto file = Read(
      "provider_keys:\n"
      "  - {provider: a, name: b, from_env: NOT_SET}\n"
      "  - {provider: a, name: c, from_file: /none/x.key}\n"
      "  - {provider: a, name: d}\n");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->unresolved,
              ElementsAre("a/b (NOT_SET is not set)", "a/c (there is no file /none/x.key)"));
  for (const auto& key : file->request.provider_keys()) EXPECT_THAT(key.secret(), IsEmpty());
}

TEST_F(DeclarationFileTest, ASecretInTheFileIsRefusedAndNotShown) {
  EXPECT_THAT(Complaint("provider_keys:\n  - provider: a\n    name: b\n    secret: sk-canary\n"),
              HasSubstr("4: provider_keys[0].secret: a secret never stands in the file: say where "
                        "it is with from_env"));
  EXPECT_THAT(Complaint("provider_keys:\n - {provider: a, name: b, from_env: sk-canary-1}\n"),
              HasSubstr("2: provider_keys[0].from_env: takes the name of an environment variable"));
}

TEST_F(DeclarationFileTest, ReferencesThatCannotBeFollowedAreRefused) {
  environment_["EMPTY"] = "";
  environment_["BAD"] = "canary with spaces";
  const std::string head = "provider_keys:\n - {provider: a, name: b, ";
  EXPECT_THAT(Complaint(head + "from_env: EMPTY}\n"), HasSubstr("EMPTY is empty"));
  EXPECT_THAT(Complaint(head + "from_env: BAD}\n"), HasSubstr("2: provider_keys[0].from_env: "));
  EXPECT_THAT(Complaint(head + "from_file: .}\n"), HasSubstr("cannot read"));
  EXPECT_THAT(Complaint(head + "from_env: A, from_file: b}\n"), HasSubstr("exclude each other"));
  EXPECT_THAT(Complaint(head + "from_env: [A]}\n"), HasSubstr("the name of a variable"));
  EXPECT_THAT(Complaint(head + "from_file: ''}\n"), HasSubstr("must be a path"));
}

TEST_F(DeclarationFileTest, UnknownFieldsAreNamedWithTheNearOnes) {
  EXPECT_THAT(Complaint("provider: []\n"), HasSubstr("1: provider: there is no such part"));
  EXPECT_THAT(Complaint("revision: 3\n"), HasSubstr("no such part"));
  EXPECT_THAT(Complaint("providers:\n - name: a\n   base_ulr: x\n"),
              HasSubstr("3: providers[0]: there is no field \"base_ulr\"; did you mean "
                        "\"base_url\"? (the fields are name, "));
  EXPECT_THAT(Complaint("settings: {timeouts: {conect: 1s}}\n"),
              HasSubstr("settings.timeouts: there is no field \"conect\""));
  for (const std::string field : {"created_at", "revoked_at"}) {
    EXPECT_THAT(Complaint("client_keys: [{name: a, " + field + ": 2026-02-01T00:00:00Z}]\n"),
                HasSubstr("there is no field \"" + field + "\""));
  }
}

TEST_F(DeclarationFileTest, ValuesOfAnotherTypeAreRefusedWithTheirPlace) {
  const std::map<std::string, std::string> cases = {
      {"settings: {enable_passthrough_routes: yes}", "must be true or false, not \"yes\""},
      {"settings: {enable_passthrough_routes: 'true'}", "must be true or false"},
      {"settings: {max_header_fields: many}", "must be a whole number, not \"many\""},
      {"settings: {max_header_fields: '64'}", "must be a whole number"},
      {"settings: {max_header_fields: 1e2}", "must be a whole number"},
      {"settings: {max_header_fields: 99999999999999999999}", "must be a whole number"},
      {"settings: {header_timeout: 10}", "must be a duration like"},
      {"settings: {header_timeout: soon}", "must be a duration like"},
      {"settings: {timeouts: 10s}", "must be a map of fields, not \"10s\""},
      {"settings: []", "must be a map of fields, not a list"},
      {"settings:", "must be a map of fields, not nothing"},
      {"providers: {a: b}", "must be a list ([] for none), not a map of fields"},
      {"providers:", "must be a list ([] for none), not nothing"},
      {"providers: [a]", "must be a map of fields"},
      {"providers: [{name: 1}]", "must be text: put 1 in quotes"},
      {"providers: [{name: true}]", "must be text: put true in quotes"},
      {"providers: [{name: [a]}]", "must be text, not a list"},
      {"providers: [{name:}]", "must be text, not nothing"},
      {"providers: [{encoded_slashes: keep}]", "must be decode or preserve, not \"keep\""},
      {"providers: [{labels: [a]}]", "must be a map of name: text, not a list"},
      {"providers: [{labels: {a: 1}}]", "labels.a: must be text: put 1 in quotes"},
      {"providers: [{roots: {prefix: a}}]", "must be a list"},
      {"client_keys: [{expires_at: tomorrow}]", "must be a time like 2026-01-31T12:00:00Z"},
      {"client_keys: [{name: a, sha256: xyz}]", "must be hexadecimal digits"},
      {"client_keys: [{name: a, sha256: [1]}]", "must be hexadecimal digits"},
      {"[]", "must be a map of settings"},
      {"text", "must be a map of settings"},
  };
  for (const auto& [text, why] : cases) {
    const std::string complaint = Complaint("# one line above\n" + text + "\n");
    EXPECT_THAT(complaint, HasSubstr(why)) << text;
    // Of nothing, it is the line after.
    const bool nothing = complaint.find("not nothing") != std::string::npos;
    EXPECT_TRUE(complaint.starts_with("2: ") || nothing) << complaint;
  }
}

TEST_F(DeclarationFileTest, TheRulesOfTheNodesAreToldWithTheirPlace) {
  EXPECT_THAT(Complaint("settings:\n  max_header_fields: 1\n"),
              HasSubstr("settings: settings: max_header_fields"));
  EXPECT_THAT(Complaint("providers:\n  - name: a\n    preset: openai\n    base_url: ftp://x\n"),
              HasSubstr("2: providers[0]: provider \"a\": base_url"));
  EXPECT_THAT(Complaint("provider_keys: [{provider: a, name: B}]\n"), HasSubstr("name"));
  EXPECT_THAT(Complaint("client_keys: [{name: a, providers: [b, b]}]\n"), HasSubstr("twice"));
}

TEST_F(DeclarationFileTest, AFileThatCannotBeReadIsNamed) {
  const std::string none = folder_.File("none.yaml");
  const absl::Status status = ReadDeclaration(none, terminal_).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr(none));
}

}  // namespace
}  // namespace sluice::cli
