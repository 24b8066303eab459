// Owners of OpenSSL's objects. Internal to common/crypto.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

#include "common/base/check.h"

namespace sluice::crypto {

template <auto kFree>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

using BioPointer = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using KeyPointer = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using CertificatePointer = std::unique_ptr<X509, Freer<X509_free>>;
using RequestPointer = std::unique_ptr<X509_REQ, Freer<X509_REQ_free>>;
using NamesPointer = std::unique_ptr<GENERAL_NAMES, Freer<GENERAL_NAMES_free>>;
using StorePointer = std::unique_ptr<X509_STORE, Freer<X509_STORE_free>>;
using StoreContextPointer = std::unique_ptr<X509_STORE_CTX, Freer<X509_STORE_CTX_free>>;

// The errors of a failed call stay with its thread, where they would be taken for those of a TLS
// connection that the thread serves next.
struct ErrorsEndHere {
  ~ErrorsEndHere() { ERR_clear_error(); }
};

// A reader of `bytes`, which must outlive it.
inline BioPointer BioOf(std::string_view bytes) {
  BioPointer bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
  SLUICE_CHECK(bio != nullptr, "OpenSSL has no memory for a buffer");
  return bio;
}

// Null for what is no PEM of that kind.
inline CertificatePointer CertificateOf(std::string_view pem) {
  return CertificatePointer(PEM_read_bio_X509(BioOf(pem).get(), nullptr, nullptr, nullptr));
}

}  // namespace sluice::crypto
