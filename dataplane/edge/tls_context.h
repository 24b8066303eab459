// What a listener with TLS shows and how it talks: its certificates with their keys, chosen by the
// name that a client asks for, and the rules of every handshake.
//
// TLS 1.2 and 1.3, forward secrecy and authenticated ciphers only, the server's preference; no
// renegotiation, no compression, no early data. Of ALPN only http/1.1, or else http/1.0: a client
// that offers others alone is refused. Sessions resume by tickets, which cost no memory here; their
// keys live and die with the context.
//
// Immutable; any thread. Sessions share it: a new one takes the place of the old for connections
// that come, and the old ends with the last of its own.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/secret.h"

struct bio_method_st;
struct ssl_ctx_st;
struct ssl_st;

namespace sluice::edge {

struct TlsIdentity {
  std::string certificates;  // PEM: its own, then those in between
  base::Secret private_key;  // PEM, without a passphrase
};

class TlsContext {
 public:
  // `identities`: one or more. A client that asks for no name, or one that no certificate has, is
  // shown the first; of several that have the name, the first of those. InvalidArgument: a sentence
  // about the identity at `*failed`.
  static absl::StatusOr<std::shared_ptr<const TlsContext>> Make(
      const std::vector<TlsIdentity>& identities, size_t* failed);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // For TlsSession. The server's side of a new connection; never null; must end before this object.
  ssl_st* NewSession() const;
  const bio_method_st* wire_method() const { return wire_method_; }

 private:
  TlsContext();
  absl::Status Add(const TlsIdentity& identity);
  // In lower case or not.
  ssl_ctx_st* For(std::string_view name) const;
  static int OnServerName(ssl_st* ssl, int* alert, void* context);

  bio_method_st* const wire_method_;
  std::vector<ssl_ctx_st*> contexts_;
  std::map<std::string, ssl_ctx_st*, std::less<>> by_name_;
  // "example.com" for *.example.com, which stands for one label.
  std::map<std::string, ssl_ctx_st*, std::less<>> by_parent_;
};

}  // namespace sluice::edge
