#include "controlplane/tls_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "common/base/file.h"
#include "common/crypto/certificate.h"
#include "common/crypto/private_key.h"
#include "tests/support/temp_folder.h"

namespace sluice::controlplane {
namespace {

using ::testing::HasSubstr;
using ::testing::IsSupersetOf;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

class TlsFilesTest : public ::testing::Test {
 protected:
  absl::StatusOr<TlsMaterial> Load(absl::Time now = kNow) {
    return LoadOrMakeTls(folder_.path(), listen_, options_, now);
  }
  std::string Text(const std::string& name) const { return *base::ReadFile(folder_.File(name)); }
  std::string Why(absl::Time now = kNow) {
    const auto loaded = Load(now);
    EXPECT_FALSE(loaded.ok());
    return std::string(loaded.status().message());
  }
  void Remove(const std::string& name) { ASSERT_EQ(unlink(folder_.File(name).c_str()), 0); }

  test::TempFolder folder_;
  std::string listen_ = "127.0.0.1";
  TlsOptions options_;
};

TEST_F(TlsFilesTest, MakesAnAuthorityAndACertificateOnce) {
  const auto made = Load();
  ASSERT_TRUE(made.ok()) << made.status();
  for (const auto& [name, mode] :
       {std::pair("ca.crt", 0644u), std::pair("ca.key", 0600u), std::pair("server.crt", 0644u),
        std::pair("server.key", 0600u)}) {
    struct stat found {};
    ASSERT_EQ(stat(folder_.File(name).c_str(), &found), 0) << name;
    EXPECT_EQ(found.st_mode & 0777, mode) << name;
  }
  EXPECT_TRUE(crypto::IsSignedBy(made->server.certificates, made->authority.certificate()));
  EXPECT_TRUE(crypto::CheckKeyFits(made->server.private_key, made->server.certificates).ok());
  EXPECT_THAT(crypto::ReadCertificate(made->server.certificates)->hosts,
              IsSupersetOf({"localhost", "127.0.0.1", "::1"}));
  EXPECT_EQ(made->server_authority, Text("ca.crt"));

  const auto again = Load(kNow + absl::Hours(24 * 600));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->authority.certificate(), made->authority.certificate());
  EXPECT_EQ(again->server.certificates, made->server.certificates);
}

TEST_F(TlsFilesTest, TheServersCertificateIsMadeAnewInTime) {
  const std::string first = Load()->server.certificates;
  const std::string later = Load(kNow + absl::Hours(24 * 800))->server.certificates;
  EXPECT_NE(later, first) << "within its last year";
  EXPECT_EQ(Text("server.crt"), later);
}

TEST_F(TlsFilesTest, NewNamesMakeANewCertificateAndEqualOnesDoNot) {
  const std::string first = Load()->server.certificates;
  options_.names = {"CP.example", "2001:DB8:0::1"};
  listen_ = "10.1.2.3";
  const std::string named = Load()->server.certificates;
  EXPECT_NE(named, first);
  EXPECT_THAT(crypto::ReadCertificate(named)->hosts,
              IsSupersetOf({"cp.example", "2001:db8::1", "10.1.2.3"}));
  EXPECT_EQ(Load()->server.certificates, named);
}

TEST_F(TlsFilesTest, ALostOrForeignServerKeyIsReplaced) {
  const std::string first = Load()->server.certificates;
  Remove("server.key");
  EXPECT_NE(Load()->server.certificates, first);
  Remove("ca.crt");
  const auto anew = Load();
  EXPECT_TRUE(crypto::IsSignedBy(anew->server.certificates, anew->authority.certificate()));
}

TEST_F(TlsFilesTest, AnAuthorityWithoutItsKeyIsNotReplacedSilently) {
  ASSERT_TRUE(Load().ok());
  const std::string certificate = Text("ca.crt");
  Remove("ca.key");
  EXPECT_THAT(Why(), HasSubstr("ca.key is not: put it back, or remove both"));
  ASSERT_TRUE(
      base::WriteFileAtomically(folder_.File("ca.key"), crypto::MakePrivateKey().Reveal()).ok());
  EXPECT_THAT(Why(), HasSubstr("the private key is not the one of the certificate"));
  ASSERT_TRUE(base::WriteFileAtomically(folder_.File("ca.crt"), "nonsense").ok());
  EXPECT_THAT(Why(), HasSubstr("the certificate is not one in PEM"));
}

TEST_F(TlsFilesTest, AnExpiredAuthorityIsRefused) {
  ASSERT_TRUE(Load().ok());
  EXPECT_THAT(Why(kNow + absl::Hours(24 * 365 * 21)), HasSubstr("ca.crt has expired"));
}

TEST_F(TlsFilesTest, TheOperatorsCertificateIsUsedAsItIs) {
  test::TempFolder own;
  const auto authority = crypto::CertificateAuthority::Create(kNow, absl::Hours(1000));
  const base::Secret key = crypto::MakePrivateKey();
  const std::string certificate =
      *authority.IssueServer(key, {"cp.example"}, kNow, absl::Hours(100));
  ASSERT_TRUE(own.Write("cert.pem", certificate));
  ASSERT_TRUE(own.Write("key.pem", std::string(key.Reveal())));
  options_.certificate_file = own.File("cert.pem");
  EXPECT_THAT(Why(), HasSubstr("belong together"));
  options_.key_file = own.File("key.pem");
  const auto loaded = Load();
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->server.certificates, certificate);
  EXPECT_EQ(loaded->server_authority, "") << "it is not ours to say";
  EXPECT_FALSE(base::ReadFile(folder_.File("server.crt")).ok());

  EXPECT_THAT(Why(kNow + absl::Hours(101)), HasSubstr("cert.pem has expired"));
  ASSERT_TRUE(own.Write("key.pem", std::string(crypto::MakePrivateKey().Reveal())));
  EXPECT_THAT(Why(), HasSubstr("the private key is not the one of the certificate"));
  options_.key_file = own.File("nowhere.pem");
  EXPECT_THAT(Why(), HasSubstr("--tls-key-file: "));
}

TEST_F(TlsFilesTest, ANameThatIsNoneIsRefusedBeforeAnythingIsWritten) {
  options_.names = {"a b"};
  EXPECT_THAT(Why(), HasSubstr("--tls-name \"a b\" is neither a host name nor an IP address"));
  EXPECT_FALSE(base::ReadFile(folder_.File("ca.crt")).ok());
}

}  // namespace
}  // namespace sluice::controlplane
