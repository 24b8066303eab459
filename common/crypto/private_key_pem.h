// Internal to common/crypto.
#pragma once

#include "common/base/secret.h"
#include "common/crypto/openssl_pointers.h"

namespace sluice::crypto {

// Null for what is no private key, or one that needs a passphrase. In private_key.cc.
KeyPointer PrivateKeyOf(const base::Secret& pem);

}  // namespace sluice::crypto
