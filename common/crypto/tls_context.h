// What every TLS client of ours wants of OpenSSL.
#pragma once

namespace sluice::crypto {

// A write that met a full socket may be repeated with more, and from another place in memory; and
// what was taken of it is told. `ssl_ctx`: an SSL_CTX.
void AllowMovedWrites(void* ssl_ctx);

}  // namespace sluice::crypto
