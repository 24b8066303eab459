#include "common/crypto/digest.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "common/base/check.h"

namespace sluice::crypto {
namespace {

constexpr char kBase32[] = "abcdefghijklmnopqrstuvwxyz234567";

// Fetched once: a fetch for every digest costs more than the digest of a key.
const EVP_MD* Algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  SLUICE_CHECK(algorithm != nullptr, "OpenSSL has no SHA-256");
  return algorithm;
}

}  // namespace

Sha256Digest Sha256(std::string_view bytes) {
  Sha256Digest digest;
  unsigned int size = 0;
  const int done =
      EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, Algorithm(), nullptr);
  SLUICE_CHECK(done == 1 && size == digest.size(), "OpenSSL failed to compute a SHA-256");
  return digest;
}

std::string Sha256Bytes(std::string_view bytes) {
  const Sha256Digest digest = Sha256(bytes);
  return std::string(digest.begin(), digest.end());
}

std::string RandomBytes(size_t count) {
  std::string bytes(count, '\0');
  const int done =
      RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  SLUICE_CHECK(done == 1, "the system's random generator failed");
  return bytes;
}

std::string RandomBase32(size_t characters) {
  std::string text = RandomBytes(characters);
  for (char& c : text) c = kBase32[static_cast<unsigned char>(c) & 31];
  return text;
}

}  // namespace sluice::crypto
