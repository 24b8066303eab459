#include "common/crypto/tls_context.h"

#include <openssl/ssl.h>

namespace sluice::crypto {

void AllowMovedWrites(void* ssl_ctx) {
  SSL_CTX_set_mode(static_cast<SSL_CTX*>(ssl_ctx),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

}  // namespace sluice::crypto
