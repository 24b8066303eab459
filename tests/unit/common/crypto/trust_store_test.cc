#include "common/crypto/trust_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "common/base/file.h"
#include "common/crypto/certificate_authority.h"
#include "tests/support/temp_folder.h"

namespace sluice::crypto {
namespace {

using ::testing::HasSubstr;

size_t AuthoritiesOf(SSL_CTX* context) {
  X509_STORE* store = nullptr;
  SSL_CTX_get0_verify_cert_store(context, &store);
  if (store == nullptr) return 0;
  return static_cast<size_t>(sk_X509_OBJECT_num(X509_STORE_get0_objects(store)));
}

TEST(TrustStore, IsBelievedByAContextThatOutlivesIt) {
  test::TempFolder folder;
  const std::string file = folder.File("ca.crt");
  const auto authority = CertificateAuthority::Create(absl::Now(), absl::Hours(1));
  ASSERT_TRUE(base::WriteFileAtomically(file, authority.certificate(), 0644).ok());
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_client_method()),
                                                             SSL_CTX_free);
  {
    auto trust = TrustStore::Load(file);
    ASSERT_TRUE(trust.ok()) << trust.status();
    EXPECT_EQ(AuthoritiesOf(context.get()), 0u);
    (*trust)->LendTo(context.get());
  }
  EXPECT_EQ(AuthoritiesOf(context.get()), 1u);
}

TEST(TrustStore, SaysWhichFileIsOfNoUse) {
  test::TempFolder folder;
  const std::string file = folder.File("ca.crt");
  EXPECT_THAT(std::string(TrustStore::Load(file).status().message()), HasSubstr(file));
  ASSERT_TRUE(base::WriteFileAtomically(file, "not a certificate", 0644).ok());
  const auto nothing = TrustStore::Load(file);
  EXPECT_EQ(nothing.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(nothing.status().message()), HasSubstr(file));
}

}  // namespace
}  // namespace sluice::crypto
