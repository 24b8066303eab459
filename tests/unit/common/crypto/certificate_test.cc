// The authority, and what is believed of a certificate.
#include "common/crypto/certificate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/base/text.h"
#include "common/crypto/certificate_authority.h"
#include "common/crypto/digest.h"
#include "common/crypto/private_key.h"

namespace sluice::crypto {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const absl::Time kNow = absl::FromUnixMicros(1'800'000'000'123'456);
constexpr char kUri[] = "sluice-node:eu-3";

class CertificateTest : public ::testing::Test {
 protected:
  static std::string Request() { return *MakeCertificateRequest(MakePrivateKey()); }
  std::string Issue(absl::Duration lifetime = absl::Hours(24), absl::Time now = kNow) {
    auto issued = authority_.IssueClient(Request(), kUri, now, lifetime);
    EXPECT_TRUE(issued.ok()) << issued.status();
    return *issued;
  }
  absl::StatusOr<CertificateFacts> Check(const std::string& pem, absl::Time now = kNow) {
    return CheckClientCertificate(pem, authority_.certificate(), now);
  }
  static std::string Reason(const absl::StatusOr<CertificateFacts>& checked) {
    EXPECT_TRUE(absl::IsUnauthenticated(checked.status())) << checked.status();
    return std::string(checked.status().message());
  }

  CertificateAuthority authority_ = CertificateAuthority::Create(kNow, absl::Hours(24 * 365));
};

TEST_F(CertificateTest, ANodesCertificateSaysWhoseItIsAndUntilWhen) {
  const auto facts = Check(Issue());
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_THAT(facts->uris, ElementsAre(kUri));
  EXPECT_THAT(facts->hosts, IsEmpty());
  EXPECT_EQ(facts->not_after, absl::FromUnixSeconds(1'800'000'000) + absl::Hours(24));
  EXPECT_EQ(facts->issued_at, kNow) << "to the microsecond";
}

TEST_F(CertificateTest, HoldsFromALittleBeforeItsIssueUntilItsEnd) {
  const std::string pem = Issue(absl::Minutes(1));
  EXPECT_TRUE(Check(pem, kNow - absl::Minutes(59)).ok()) << "a clock that is late";
  EXPECT_THAT(Reason(Check(pem, kNow - absl::Minutes(61))), HasSubstr("is not valid before"));
  EXPECT_TRUE(Check(pem, kNow + absl::Seconds(59)).ok());
  EXPECT_EQ(Reason(Check(pem, kNow + absl::Seconds(61))),
            "the certificate has expired, at 2027-01-15T08:01:00Z");
}

TEST_F(CertificateTest, AnotherAuthoritysCertificateIsWorthNothing) {
  const auto other = CertificateAuthority::Create(kNow, absl::Hours(24));
  const auto pem = other.IssueClient(Request(), kUri, kNow, absl::Hours(1));
  EXPECT_EQ(Reason(Check(*pem)), "the certificate was not issued by this control plane");
  EXPECT_FALSE(IsSignedBy(*pem, authority_.certificate()));
  EXPECT_TRUE(IsSignedBy(*pem, other.certificate()));
}

TEST_F(CertificateTest, TheAuthoritysOwnAndAServersAreNotOnesOfANode) {
  const auto server =
      authority_.IssueServer(MakePrivateKey(), {"localhost"}, kNow, absl::Hours(24));
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_EQ(Reason(Check(*server)), "the certificate is not one of a node");
  // It is an authority's, and no node's: whoever reads the name finds none.
  const auto own = Check(authority_.certificate());
  if (own.ok()) {
    EXPECT_THAT(own->uris, IsEmpty());
  }
}

TEST_F(CertificateTest, EveryChangedByteIsFound) {
  const std::string pem = Issue();
  ASSERT_TRUE(Check(pem).ok());
  int tried = 0;
  for (size_t i = 30; i + 30 < pem.size(); i += 7) {
    std::string changed = pem;
    if (changed[i] == '\n') continue;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    if (changed == pem) continue;
    ++tried;
    EXPECT_TRUE(absl::IsUnauthenticated(Check(changed).status())) << i;
  }
  EXPECT_GT(tried, 50);
}

TEST_F(CertificateTest, WhatIsNoCertificateIsRefused) {
  for (const std::string& text :
       {std::string(), std::string("nonsense"), std::string("-----BEGIN CERTIFICATE-----\n"),
        std::string(MakePrivateKey().Reveal())}) {
    EXPECT_EQ(Reason(Check(text)), "the certificate cannot be read");
    EXPECT_TRUE(absl::IsInvalidArgument(ReadCertificate(text).status()));
  }
}

TEST_F(CertificateTest, AServersCertificateHasItsHosts) {
  const base::Secret key = MakePrivateKey();
  const auto pem = authority_.IssueServer(key, {"localhost", "127.0.0.1", "::1", "cp.example"},
                                          kNow, absl::Hours(24));
  ASSERT_TRUE(pem.ok()) << pem.status();
  const auto facts = ReadCertificate(*pem);
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_THAT(facts->hosts, ElementsAre("localhost", "127.0.0.1", "::1", "cp.example"));
  EXPECT_TRUE(CheckKeyFits(key, *pem).ok());
  EXPECT_TRUE(IsSignedBy(*pem, authority_.certificate()));
}

TEST_F(CertificateTest, OnlyARequestThatItsOwnKeySignedIsServed) {
  const std::string good = Request();
  const auto issue = [&](const std::string& request) {
    return authority_.IssueClient(request, kUri, kNow, absl::Hours(1)).status();
  };
  EXPECT_TRUE(issue(good).ok());
  std::string changed = good;
  changed[good.size() - 3] ^= 1;
  EXPECT_TRUE(absl::IsInvalidArgument(issue(changed))) << "its signature";
  for (const std::string& bad :
       {std::string(), std::string("nonsense"), good.substr(0, good.size() - 1), good + "x",
        std::string(100'000, '0')}) {
    EXPECT_TRUE(absl::IsInvalidArgument(issue(bad))) << bad.size();
  }
}

TEST_F(CertificateTest, AKeyIsToldFromAnother) {
  const base::Secret key = MakePrivateKey();
  const auto pem = authority_.IssueServer(key, {"a"}, kNow, absl::Hours(1));
  EXPECT_TRUE(CheckKeyFits(key, *pem).ok());
  EXPECT_THAT(std::string(CheckKeyFits(MakePrivateKey(), *pem).message()),
              HasSubstr("not the one of the certificate"));
  EXPECT_THAT(std::string(CheckKeyFits(base::Secret(std::string("x")), *pem).message()),
              HasSubstr("private key is not one in PEM"));
  EXPECT_THAT(std::string(CheckKeyFits(key, "x").message()),
              HasSubstr("certificate is not one in PEM"));
  // Encrypted: no terminal is asked for the passphrase.
  const base::Secret encrypted(base::Cat("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIHsMFcGCSqGSIb3",
                                         "\n-----END ENCRYPTED PRIVATE KEY-----\n"));
  EXPECT_FALSE(CheckKeyFits(encrypted, *pem).ok());
}

TEST_F(CertificateTest, AnAuthorityIsLoadedFromItsTwoTextsOnly) {
  const std::string pem = authority_.certificate();
  const auto loaded = CertificateAuthority::Load(pem, authority_.private_key().Clone());
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const auto issued = loaded->IssueClient(Request(), kUri, kNow, absl::Hours(1));
  EXPECT_TRUE(Check(*issued).ok()) << "it is the same authority";

  EXPECT_FALSE(CertificateAuthority::Load(pem, MakePrivateKey()).ok());
  const base::Secret key = MakePrivateKey();
  const auto leaf = authority_.IssueServer(key, {"a"}, kNow, absl::Hours(1));
  const auto of_leaf = CertificateAuthority::Load(*leaf, key.Clone());
  EXPECT_THAT(std::string(of_leaf.status().message()), HasSubstr("not one of an authority"));
}

}  // namespace
}  // namespace sluice::crypto
