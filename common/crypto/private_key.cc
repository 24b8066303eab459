#include "common/crypto/private_key.h"

#include <openssl/ec.h>

#include "common/crypto/openssl_pointers.h"
#include "common/crypto/private_key_pem.h"

namespace sluice::crypto {

KeyPointer PrivateKeyOf(const base::Secret& pem) {
  // Without a callback OpenSSL would ask the terminal for the passphrase of an encrypted key.
  const auto no_passphrase = [](char*, int, int, void*) { return -1; };
  return KeyPointer(
      PEM_read_bio_PrivateKey(BioOf(pem.Reveal()).get(), nullptr, no_passphrase, nullptr));
}

base::Secret MakePrivateKey() {
  const KeyPointer key(EVP_EC_gen("P-256"));
  SLUICE_CHECK(key != nullptr, "OpenSSL cannot make a P-256 key");
  const BioPointer bio(BIO_new(BIO_s_secmem()));
  const bool written =
      bio != nullptr && PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0,
                                                      nullptr, nullptr) == 1;
  SLUICE_CHECK(written, "OpenSSL cannot write a private key");
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return base::Secret(std::string_view(bytes, static_cast<size_t>(size)));
}

absl::StatusOr<std::string> MakeCertificateRequest(const base::Secret& private_key) {
  const ErrorsEndHere errors;
  const KeyPointer key = PrivateKeyOf(private_key);
  if (key == nullptr) return absl::InvalidArgumentError("this is no private key in PEM");
  const RequestPointer request(X509_REQ_new());
  SLUICE_CHECK(request != nullptr, "OpenSSL has no memory for a certificate request");
  if (X509_REQ_set_pubkey(request.get(), key.get()) != 1 ||
      X509_REQ_sign(request.get(), key.get(), EVP_sha256()) <= 0) {
    return absl::InvalidArgumentError("the private key cannot sign a certificate request");
  }
  unsigned char* der = nullptr;
  const int size = i2d_X509_REQ(request.get(), &der);
  SLUICE_CHECK(size > 0, "OpenSSL cannot write a certificate request");
  std::string bytes(reinterpret_cast<char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return bytes;
}

absl::Status CheckKeyFits(const base::Secret& private_key, std::string_view certificate) {
  const ErrorsEndHere errors;
  const CertificatePointer leaf = CertificateOf(certificate);
  if (leaf == nullptr) return absl::InvalidArgumentError("the certificate is not one in PEM");
  const KeyPointer key = PrivateKeyOf(private_key);
  if (key == nullptr) {
    return absl::InvalidArgumentError(
        "the private key is not one in PEM, or is protected by a passphrase");
  }
  if (X509_check_private_key(leaf.get(), key.get()) == 1) return absl::OkStatus();
  return absl::InvalidArgumentError("the private key is not the one of the certificate");
}

}  // namespace sluice::crypto
