#include "common/crypto/trust_store.h"

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <unistd.h>

#include "common/crypto/openssl_pointers.h"

namespace sluice::crypto {

void TrustStore::Free::operator()(x509_store_st* store) const { X509_STORE_free(store); }

absl::StatusOr<std::unique_ptr<TrustStore>> TrustStore::Load(const std::string& file) {
  const ErrorsEndHere errors;
  if (access(file.c_str(), R_OK) != 0) {
    return absl::NotFoundError(fmt::format("{} cannot be read", file));
  }
  std::unique_ptr<TrustStore> trust(new TrustStore);
  trust->store_.reset(X509_STORE_new());
  if (trust->store_ == nullptr || X509_STORE_load_file(trust->store_.get(), file.c_str()) != 1) {
    return absl::InvalidArgumentError(fmt::format("{} holds no certificate in PEM", file));
  }
  // As libcurl sets them on a store of its own.
  X509_STORE_set_flags(trust->store_.get(), X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
  return trust;
}

void TrustStore::LendTo(void* ssl_ctx) const {
  // Beside the context's own, which libcurl writes to.
  SSL_CTX_set1_verify_cert_store(static_cast<SSL_CTX*>(ssl_ctx), store_.get());
}

}  // namespace sluice::crypto
