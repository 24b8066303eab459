#include "dataplane/edge/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <utility>

#include "common/base/check.h"
#include "common/base/text.h"
#include "common/crypto/certificate.h"
#include "common/crypto/private_key.h"
#include "dataplane/edge/tls_wire.h"

namespace sluice::edge {
namespace {

// For TLS 1.2; those of 1.3 are all good.
constexpr char kCiphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";
constexpr char kGroups[] = "X25519:P-256:P-384";
constexpr std::string_view kProtocols[] = {"http/1.1", "http/1.0"};
constexpr unsigned char kSessionContext[] = "sluice";
constexpr long kTicketSeconds = 3600;
// Applications keep connections, and take one ticket at a time.
constexpr size_t kTickets = 1;

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
using ContextPointer = std::unique_ptr<SSL_CTX, Freer<SSL_CTX_free>>;

// The errors of a failed call stay with its thread, where they would be taken for those of a
// connection.
struct ErrorsEndHere {
  ~ErrorsEndHere() { ERR_clear_error(); }
};

absl::Status Refused(std::string_view what) {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  return absl::InvalidArgumentError(
      base::Cat(what, " (", reason == nullptr ? "no reason given" : reason, ")"));
}

BioPointer BioOf(std::string_view bytes) {
  BioPointer bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
  SLUICE_CHECK(bio != nullptr, "OpenSSL has no memory for a buffer");
  return bio;
}

absl::Status UseCertificates(SSL_CTX* context, std::string_view pem) {
  const BioPointer bio = BioOf(pem);
  const CertificatePointer own(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (own == nullptr || SSL_CTX_use_certificate(context, own.get()) != 1) {
    return Refused("the certificate cannot be used");
  }
  while (CertificatePointer between{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)}) {
    if (SSL_CTX_add0_chain_cert(context, between.get()) != 1) {
      return Refused("a certificate of the chain cannot be used");
    }
    (void)between.release();
  }
  // The end of the file is told as an error too.
  const unsigned long error = ERR_peek_last_error();
  if (error != 0 && ERR_GET_REASON(error) != PEM_R_NO_START_LINE) {
    return Refused("a certificate of the chain cannot be read");
  }
  ERR_clear_error();
  return absl::OkStatus();
}

absl::Status UseKey(SSL_CTX* context, const base::Secret& pem) {
  // Without a callback OpenSSL would ask the terminal for the passphrase.
  const auto no_passphrase = [](char*, int, int, void*) { return -1; };
  const KeyPointer key(
      PEM_read_bio_PrivateKey(BioOf(pem.Reveal()).get(), nullptr, no_passphrase, nullptr));
  if (key == nullptr || SSL_CTX_use_PrivateKey(context, key.get()) != 1) {
    return Refused("the private key cannot be used");
  }
  return absl::OkStatus();
}

int OnProtocols(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offer,
                unsigned int offer_size, void*) {
  for (const std::string_view protocol : kProtocols) {
    for (unsigned int at = 0; at < offer_size; at += 1u + offer[at]) {
      const std::string_view name(reinterpret_cast<const char*>(offer) + at + 1, offer[at]);
      if (name != protocol) continue;
      *chosen = offer + at + 1;
      *size = offer[at];
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

ContextPointer NewContext() {
  ContextPointer context(SSL_CTX_new(TLS_server_method()));
  SLUICE_CHECK(context != nullptr, "OpenSSL has no memory for a listener");
  SSL_CTX* raw = context.get();
  const bool set =
      SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION) == 1 &&
      SSL_CTX_set_max_proto_version(raw, TLS1_3_VERSION) == 1 &&
      SSL_CTX_set_cipher_list(raw, kCiphers) == 1 && SSL_CTX_set1_groups_list(raw, kGroups) == 1 &&
      SSL_CTX_set_num_tickets(raw, kTickets) == 1 &&
      SSL_CTX_set_session_id_context(raw, kSessionContext, sizeof(kSessionContext) - 1) == 1;
  SLUICE_CHECK(set, "this OpenSSL lacks what TLS 1.2 and 1.3 need");
  SSL_CTX_set_options(
      raw, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // What waits for a client may move in memory and grow between two tries to write it.
  SSL_CTX_set_mode(raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                            SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_read_ahead(raw, 1);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_timeout(raw, kTicketSeconds);
  SSL_CTX_set_alpn_select_cb(raw, OnProtocols, nullptr);
  return context;
}

}  // namespace

TlsContext::TlsContext() : wire_method_(NewWireMethod()) {}

TlsContext::~TlsContext() {
  for (SSL_CTX* context : contexts_) SSL_CTX_free(context);
  BIO_meth_free(wire_method_);
}

absl::StatusOr<std::shared_ptr<const TlsContext>> TlsContext::Make(
    const std::vector<TlsIdentity>& identities, size_t* failed) {
  SLUICE_CHECK(!identities.empty(), "a listener with TLS has a certificate");
  const ErrorsEndHere errors;
  std::shared_ptr<TlsContext> context(new TlsContext);
  for (*failed = 0; *failed < identities.size(); ++*failed) {
    if (absl::Status status = context->Add(identities[*failed]); !status.ok()) return status;
  }
  return std::shared_ptr<const TlsContext>(std::move(context));
}

absl::Status TlsContext::Add(const TlsIdentity& identity) {
  absl::Status status = crypto::CheckKeyFits(identity.private_key, identity.certificates);
  if (!status.ok()) return status;
  ContextPointer context = NewContext();
  status = UseCertificates(context.get(), identity.certificates);
  if (!status.ok()) return status;
  if (status = UseKey(context.get(), identity.private_key); !status.ok()) return status;
  const auto facts = crypto::ReadCertificate(identity.certificates);
  if (!facts.ok()) return facts.status();
  SSL_CTX_set_tlsext_servername_callback(context.get(), &TlsContext::OnServerName);
  SSL_CTX_set_tlsext_servername_arg(context.get(), this);
  contexts_.push_back(context.release());
  for (const std::string& host : facts->hosts) {
    std::string name = base::Lower(host);
    if (name.starts_with("*.")) {
      by_parent_.emplace(name.substr(2), contexts_.back());
    } else {
      by_name_.emplace(std::move(name), contexts_.back());
    }
  }
  return absl::OkStatus();
}

ssl_ctx_st* TlsContext::For(std::string_view asked) const {
  std::string name = base::Lower(asked);
  if (name.ends_with('.')) name.pop_back();
  if (const auto found = by_name_.find(name); found != by_name_.end()) return found->second;
  const size_t dot = name.find('.');
  if (dot != std::string::npos && dot > 0) {
    const auto found = by_parent_.find(std::string_view(name).substr(dot + 1));
    if (found != by_parent_.end()) return found->second;
  }
  return contexts_.front();
}

int TlsContext::OnServerName(ssl_st* ssl, int*, void* context) {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr) return SSL_TLSEXT_ERR_NOACK;
  SSL_CTX* chosen = static_cast<const TlsContext*>(context)->For(name);
  const bool set = chosen == SSL_get_SSL_CTX(ssl) || SSL_set_SSL_CTX(ssl, chosen) != nullptr;
  return set ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

ssl_st* TlsContext::NewSession() const {
  SSL* ssl = SSL_new(contexts_.front());
  SLUICE_CHECK(ssl != nullptr, "OpenSSL has no memory for a connection");
  SSL_set_accept_state(ssl);
  return ssl;
}

}  // namespace sluice::edge
