#include "tests/support/token_signer.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <utility>

#include "common/base/base64url.h"
#include "common/base/check.h"

namespace sluice::test {
namespace {

using nlohmann::json;

constexpr int kCoordinateBytes = 32;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Of a BIGNUM, `size` bytes long; 0: as long as it is.
std::string Encoded(const BIGNUM* number, int size = 0) {
  std::string bytes(static_cast<size_t>(size > 0 ? size : BN_num_bytes(number)), '\0');
  BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()),
               static_cast<int>(bytes.size()));
  return bytes;
}

std::string Number(EVP_PKEY* key, const char* name, int size = 0) {
  BIGNUM* number = nullptr;
  SLUICE_CHECK(EVP_PKEY_get_bn_param(key, name, &number) == 1, "the key has no such number");
  std::string text = base::EncodeBase64Url(Encoded(number, size));
  BN_free(number);
  return text;
}

// r and s of a signature in DER.
std::string PairOf(const std::string& der) {
  const unsigned char* at = Bytes(der);
  ECDSA_SIG* signature = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
  SLUICE_CHECK(signature != nullptr, "OpenSSL made no signature");
  std::string pair = Encoded(ECDSA_SIG_get0_r(signature), kCoordinateBytes) +
                     Encoded(ECDSA_SIG_get0_s(signature), kCoordinateBytes);
  ECDSA_SIG_free(signature);
  return pair;
}

}  // namespace

TokenSigner::TokenSigner(std::string algorithm, evp_pkey_st* key)
    : algorithm_(std::move(algorithm)), key_(key, EVP_PKEY_free) {}

TokenSigner TokenSigner::Rsa(int bits) { return {"RS256", EVP_RSA_gen(bits)}; }
TokenSigner TokenSigner::P256() { return {"ES256", EVP_EC_gen("P-256")}; }
TokenSigner TokenSigner::Ed25519() {
  return {"EdDSA", EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")};
}
TokenSigner TokenSigner::Hmac(std::string secret) {
  TokenSigner signer("HS256", nullptr);
  signer.secret_ = std::move(secret);
  return signer;
}

json TokenSigner::Jwk(const std::string& kid) const {
  json jwk;
  if (algorithm_ == "RS256") {
    jwk = {{"kty", "RSA"},
           {"n", Number(key_.get(), OSSL_PKEY_PARAM_RSA_N)},
           {"e", Number(key_.get(), OSSL_PKEY_PARAM_RSA_E)}};
  } else if (algorithm_ == "ES256") {
    jwk = {{"kty", "EC"},
           {"crv", "P-256"},
           {"x", Number(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X, kCoordinateBytes)},
           {"y", Number(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y, kCoordinateBytes)}};
  } else {
    std::string bytes(32, '\0');
    size_t size = bytes.size();
    EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(bytes.data()), &size);
    jwk = {{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", base::EncodeBase64Url(bytes)}};
  }
  if (!kid.empty()) jwk["kid"] = kid;
  return jwk;
}

std::string TokenSigner::PublicPem() const {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PUBKEY(bio, key_.get());
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  std::string pem(bytes, static_cast<size_t>(size));
  BIO_free(bio);
  return pem;
}

std::string TokenSigner::Sign(std::string_view text) const {
  if (algorithm_ == "HS256") {
    unsigned char made[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()), Bytes(text), text.size(),
         made, &size);
    return {reinterpret_cast<const char*>(made), size};
  }
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const EVP_MD* digest = algorithm_ == "EdDSA" ? nullptr : EVP_sha256();
  size_t size = 0;
  SLUICE_CHECK(EVP_DigestSignInit(context, nullptr, digest, nullptr, key_.get()) == 1 &&
                   EVP_DigestSign(context, nullptr, &size, Bytes(text), text.size()) == 1,
               "OpenSSL cannot sign");
  std::string signature(size, '\0');
  SLUICE_CHECK(EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size,
                              Bytes(text), text.size()) == 1,
               "OpenSSL cannot sign");
  signature.resize(size);
  EVP_MD_CTX_free(context);
  return algorithm_ == "ES256" ? PairOf(signature) : signature;
}

std::string TokenSigner::Token(const json& claims) const {
  return Token(claims, {{"alg", algorithm_}});
}

std::string TokenSigner::Token(const json& claims, const json& header) const {
  return TokenOfText(claims.dump(), header.dump());
}

std::string TokenSigner::TokenOfText(std::string_view claims, std::string_view header) const {
  const std::string text = base::EncodeBase64Url(header) + "." + base::EncodeBase64Url(claims);
  return text + "." + base::EncodeBase64Url(Sign(text));
}

std::string JwksOf(const std::vector<json>& keys) { return json{{"keys", keys}}.dump(); }

}  // namespace sluice::test
