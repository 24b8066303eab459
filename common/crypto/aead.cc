#include "common/crypto/aead.h"

#include <openssl/evp.h>

#include <memory>
#include <utility>

#include "common/base/check.h"
#include "common/crypto/digest.h"

namespace sluice::crypto {
namespace {

constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

// A context that has taken key, nonce and associated data, to encrypt or to decrypt.
Context Begin(bool encrypt, const base::Secret& key, std::string_view nonce,
              std::string_view associated_data) {
  SLUICE_CHECK(key.Reveal().size() == kAeadKeyBytes, "an AES-256 key has 32 bytes");
  Context context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  SLUICE_CHECK(context != nullptr, "OpenSSL has no memory for a cipher");
  int taken = 0;
  const bool ready = EVP_CipherInit_ex(context.get(), EVP_aes_256_gcm(), nullptr,
                                       Bytes(key.Reveal()), Bytes(nonce), encrypt ? 1 : 0) == 1 &&
                     EVP_CipherUpdate(context.get(), nullptr, &taken, Bytes(associated_data),
                                      static_cast<int>(associated_data.size())) == 1;
  SLUICE_CHECK(ready, "OpenSSL cannot do AES-256-GCM");
  return context;
}

void Update(EVP_CIPHER_CTX* context, std::string_view in, unsigned char* out) {
  int size = 0;
  const int done = EVP_CipherUpdate(context, out, &size, Bytes(in), static_cast<int>(in.size()));
  SLUICE_CHECK(done == 1 && size == static_cast<int>(in.size()), "OpenSSL failed in AES-256-GCM");
}

absl::Status NotOurs() {
  return absl::DataLossError(
      "a sealed value cannot be opened: the key is another one, or the bytes were changed or "
      "moved");
}

}  // namespace

std::string Seal(const base::Secret& key, std::string_view plaintext,
                 std::string_view associated_data) {
  std::string sealed = RandomBytes(kNonceBytes);
  const Context context = Begin(true, key, sealed, associated_data);
  sealed.resize(kNonceBytes + plaintext.size() + kTagBytes);
  unsigned char* const ciphertext = Bytes(sealed) + kNonceBytes;
  unsigned char* const tag = ciphertext + plaintext.size();
  Update(context.get(), plaintext, ciphertext);
  int size = 0;
  const bool done = EVP_CipherFinal_ex(context.get(), tag, &size) == 1 &&
                    EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes, tag) == 1;
  SLUICE_CHECK(done, "OpenSSL failed to finish AES-256-GCM");
  return sealed;
}

absl::StatusOr<base::Secret> Open(const base::Secret& key, std::string_view sealed,
                                  std::string_view associated_data) {
  if (sealed.size() < kNonceBytes + kTagBytes) return NotOurs();
  const size_t size = sealed.size() - kNonceBytes - kTagBytes;
  const Context context = Begin(false, key, sealed.substr(0, kNonceBytes), associated_data);
  std::string plaintext(size, '\0');
  Update(context.get(), sealed.substr(kNonceBytes, size), Bytes(plaintext));
  std::string tag(sealed.substr(kNonceBytes + size));
  int more = 0;
  const bool authentic =
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes, tag.data()) == 1 &&
      EVP_CipherFinal_ex(context.get(), Bytes(tag), &more) == 1;
  base::Secret opened(std::move(plaintext));
  if (!authentic) return NotOurs();
  return opened;
}

}  // namespace sluice::crypto
