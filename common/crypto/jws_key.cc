#include "common/crypto/jws_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>

#include <array>
#include <string>
#include <utility>

#include "common/base/text.h"
#include "common/crypto/openssl_pointers.h"

namespace sluice::crypto {
namespace {

constexpr int kMinRsaBits = 2048;
constexpr int kMaxRsaBits = 8192;
constexpr size_t kMaxRsaExponentBytes = 4;  // a longer one only makes each check slower
constexpr size_t kCoordinateBytes = 32;
constexpr size_t kEd25519Bytes = 32;
constexpr size_t kHmacBytes = 32;

using NumberPointer = std::unique_ptr<BIGNUM, Freer<BN_free>>;
using ContextPointer = std::unique_ptr<EVP_PKEY_CTX, Freer<EVP_PKEY_CTX_free>>;
using DigestPointer = std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX_free>>;
using BuilderPointer = std::unique_ptr<OSSL_PARAM_BLD, Freer<OSSL_PARAM_BLD_free>>;
using ParametersPointer = std::unique_ptr<OSSL_PARAM, Freer<OSSL_PARAM_free>>;
using PairPointer = std::unique_ptr<ECDSA_SIG, Freer<ECDSA_SIG_free>>;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

NumberPointer NumberOf(std::string_view bytes) {
  NumberPointer number(BN_bin2bn(Bytes(bytes), static_cast<int>(bytes.size()), nullptr));
  SLUICE_CHECK(number != nullptr, "OpenSSL has no memory for a number");
  return number;
}

// Null if OpenSSL takes the parameters for no public key of that type.
KeyPointer PublicKeyOf(const char* type, OSSL_PARAM_BLD* builder) {
  const ParametersPointer parameters(OSSL_PARAM_BLD_to_param(builder));
  const ContextPointer context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  SLUICE_CHECK(parameters != nullptr && context != nullptr, "OpenSSL cannot make a public key");
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return nullptr;
  }
  return KeyPointer(key);
}

bool IsSound(EVP_PKEY* key) {
  const ContextPointer context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  return context != nullptr && EVP_PKEY_public_check(context.get()) == 1;
}

// The pair as OpenSSL reads it; empty if it is none.
std::string DerOf(std::string_view pair) {
  if (pair.size() != 2 * kCoordinateBytes) return "";
  const PairPointer signature(ECDSA_SIG_new());
  SLUICE_CHECK(signature != nullptr, "OpenSSL has no memory for a signature");
  NumberPointer r = NumberOf(pair.substr(0, kCoordinateBytes));
  NumberPointer s = NumberOf(pair.substr(kCoordinateBytes));
  if (ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) return "";
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &der);
  if (size <= 0) return "";
  std::string text(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return text;
}

bool VerifiesPublic(EVP_PKEY* key, const char* digest, std::string_view text,
                    std::string_view signature) {
  const DigestPointer context(EVP_MD_CTX_new());
  SLUICE_CHECK(context != nullptr, "OpenSSL has no memory for a digest");
  return EVP_DigestVerifyInit_ex(context.get(), nullptr, digest, nullptr, nullptr, key, nullptr) ==
             1 &&
         EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(text),
                          text.size()) == 1;
}

bool VerifiesHmac(const base::Secret& secret, std::string_view text, std::string_view signature) {
  std::array<unsigned char, kHmacBytes> made{};
  unsigned int size = 0;
  const std::string_view key = secret.Reveal();
  const bool done = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), Bytes(text),
                         text.size(), made.data(), &size) != nullptr;
  SLUICE_CHECK(done && size == made.size(), "OpenSSL failed to compute an HMAC");
  return signature.size() == made.size() &&
         CRYPTO_memcmp(signature.data(), made.data(), made.size()) == 0;
}

}  // namespace

void JwsKey::Free::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

absl::StatusOr<JwsKey> JwsKey::Rsa(std::string_view modulus, std::string_view exponent) {
  const ErrorsEndHere errors;
  // Before anything is computed with it.
  if (modulus.size() > kMaxRsaBits / 8 || exponent.size() > kMaxRsaExponentBytes) {
    return absl::InvalidArgumentError(base::Cat("is of more than ", kMaxRsaBits,
                                                " bits, or its exponent of more than ",
                                                kMaxRsaExponentBytes * 8));
  }
  const NumberPointer n = NumberOf(modulus);
  const NumberPointer e = NumberOf(exponent);
  if (BN_num_bits(n.get()) < kMinRsaBits) {
    return absl::InvalidArgumentError(base::Cat(
        "has ", BN_num_bits(n.get()), " bits, but an RSA key must have at least ", kMinRsaBits));
  }
  if (BN_is_odd(n.get()) != 1 || BN_is_odd(e.get()) != 1 || BN_is_one(e.get()) == 1) {
    return absl::InvalidArgumentError("is no RSA key: modulus or exponent cannot be one");
  }
  const BuilderPointer builder(OSSL_PARAM_BLD_new());
  SLUICE_CHECK(builder != nullptr &&
                   OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1 &&
                   OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1,
               "OpenSSL has no memory for a key");
  KeyPointer key = PublicKeyOf("RSA", builder.get());
  if (key == nullptr) return absl::InvalidArgumentError("is no RSA key");
  return JwsKey(JwsAlgorithm::kRs256, Public(key.release()));
}

absl::StatusOr<JwsKey> JwsKey::P256(std::string_view x, std::string_view y) {
  const ErrorsEndHere errors;
  if (x.size() != kCoordinateBytes || y.size() != kCoordinateBytes) {
    return absl::InvalidArgumentError("has a coordinate that is not of 32 bytes");
  }
  const std::string point = base::Cat("\x04", x, y);  // both coordinates, uncompressed
  const BuilderPointer builder(OSSL_PARAM_BLD_new());
  SLUICE_CHECK(builder != nullptr &&
                   OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME,
                                                   "prime256v1", 0) == 1 &&
                   OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY,
                                                    point.data(), point.size()) == 1,
               "OpenSSL has no memory for a key");
  KeyPointer key = PublicKeyOf("EC", builder.get());
  if (key == nullptr || !IsSound(key.get())) {
    return absl::InvalidArgumentError("is no point on the curve P-256");
  }
  return JwsKey(JwsAlgorithm::kEs256, Public(key.release()));
}

absl::StatusOr<JwsKey> JwsKey::Ed25519(std::string_view bytes) {
  const ErrorsEndHere errors;
  if (bytes.size() != kEd25519Bytes) {
    return absl::InvalidArgumentError("is not of 32 bytes, as a key of Ed25519 is");
  }
  Public key(
      EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, Bytes(bytes), bytes.size()));
  if (key == nullptr) return absl::InvalidArgumentError("is no key of Ed25519");
  return JwsKey(JwsAlgorithm::kEdDsa, std::move(key));
}

JwsKey JwsKey::Hmac(base::Secret secret) {
  JwsKey key(JwsAlgorithm::kHs256, nullptr);
  key.secret_ = std::move(secret);
  return key;
}

bool JwsKey::Verifies(std::string_view text, std::string_view signature) const {
  const ErrorsEndHere errors;
  switch (algorithm_) {
    case JwsAlgorithm::kRs256:
      return VerifiesPublic(public_.get(), "SHA256", text, signature);
    case JwsAlgorithm::kEs256: {
      const std::string der = DerOf(signature);
      return !der.empty() && VerifiesPublic(public_.get(), "SHA256", text, der);
    }
    case JwsAlgorithm::kEdDsa:
      return VerifiesPublic(public_.get(), nullptr, text, signature);
    case JwsAlgorithm::kHs256:
      return VerifiesHmac(secret_, text, signature);
  }
  return false;
}

}  // namespace sluice::crypto
