// The authorities that a TLS client believes, read once and shared: reading a system's bundle takes
// tens of milliseconds and some megabytes, too much for each connection.
//
// Immutable; any thread.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

struct x509_store_st;  // OpenSSL's X509_STORE

namespace sluice::crypto {

class TrustStore {
 public:
  // Certificates in PEM. The error names the file: NotFound, or InvalidArgument if it has none.
  static absl::StatusOr<std::unique_ptr<TrustStore>> Load(const std::string& file);

  // `ssl_ctx`, an SSL_CTX of OpenSSL, believes them from now on, and may outlive this.
  void LendTo(void* ssl_ctx) const;

 private:
  struct Free {
    void operator()(x509_store_st* store) const;
  };
  TrustStore() = default;

  std::unique_ptr<x509_store_st, Free> store_;
};

}  // namespace sluice::crypto
