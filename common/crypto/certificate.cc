#include "common/crypto/certificate.h"

#include <arpa/inet.h>

#include <utility>

#include "common/base/text.h"
#include "common/crypto/openssl_pointers.h"

namespace sluice::crypto {
namespace {

absl::Time TimeOf(const ASN1_TIME* time) {
  std::tm broken_down{};
  if (ASN1_TIME_to_tm(time, &broken_down) != 1) return absl::InfinitePast();
  return absl::FromTM(broken_down, absl::UTCTimeZone());
}

std::string TextOf(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<size_t>(ASN1_STRING_length(text))};
}

// "" for what is no address.
std::string AddressOf(const ASN1_OCTET_STRING* bytes) {
  char text[INET6_ADDRSTRLEN] = "";
  const int size = ASN1_STRING_length(bytes);
  if (size == 4) inet_ntop(AF_INET, ASN1_STRING_get0_data(bytes), text, sizeof(text));
  if (size == 16) inet_ntop(AF_INET6, ASN1_STRING_get0_data(bytes), text, sizeof(text));
  return text;
}

void ReadNames(const X509* certificate, CertificateFacts* facts) {
  const NamesPointer names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_URI) facts->uris.push_back(TextOf(name->d.uniformResourceIdentifier));
    if (name->type == GEN_DNS) facts->hosts.push_back(TextOf(name->d.dNSName));
    if (name->type == GEN_IPADD) facts->hosts.push_back(AddressOf(name->d.iPAddress));
  }
}

// See CertificateAuthority: 8 bytes of microseconds, then 8 of chance.
absl::Time IssuedAt(const X509* certificate) {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate);
  const std::string bytes = TextOf(serial);
  constexpr size_t kTimeBytes = 8;
  constexpr size_t kChanceBytes = 8;
  if (bytes.size() <= kChanceBytes || bytes.size() > kTimeBytes + kChanceBytes) {
    return absl::InfinitePast();
  }
  uint64_t micros = 0;
  for (const char byte : bytes.substr(0, bytes.size() - kChanceBytes)) {
    micros = micros << 8 | static_cast<unsigned char>(byte);
  }
  return absl::FromUnixMicros(static_cast<int64_t>(micros));
}

CertificateFacts FactsOf(const X509* certificate) {
  CertificateFacts facts;
  ReadNames(certificate, &facts);
  facts.not_before = TimeOf(X509_get0_notBefore(certificate));
  facts.not_after = TimeOf(X509_get0_notAfter(certificate));
  facts.issued_at = IssuedAt(certificate);
  return facts;
}

std::string ReasonOf(int error, const CertificateFacts& facts) {
  const auto text = [](absl::Time time) {
    return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
  };
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return base::Cat("the certificate has expired, at ", text(facts.not_after));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return base::Cat("the certificate is not valid before ", text(facts.not_before));
    case X509_V_ERR_INVALID_PURPOSE:
      return "the certificate is not one of a node";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return "the certificate was not issued by this control plane";
    default:
      return base::Cat("the certificate is not valid (", X509_verify_cert_error_string(error), ")");
  }
}

// 0 or OpenSSL's number of the error.
int Verify(X509* leaf, X509* authority, absl::Time now) {
  const StorePointer store(X509_STORE_new());
  const StoreContextPointer context(X509_STORE_CTX_new());
  const bool ready = store != nullptr && context != nullptr &&
                     X509_STORE_add_cert(store.get(), authority) == 1 &&
                     X509_STORE_CTX_init(context.get(), store.get(), leaf, nullptr) == 1 &&
                     X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_CLIENT) == 1;
  SLUICE_CHECK(ready, "OpenSSL has no memory to check a certificate");
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(parameters, absl::ToTimeT(now));
  X509_VERIFY_PARAM_set_depth(parameters, 0);  // nothing stands between leaf and authority
  if (X509_verify_cert(context.get()) == 1) return X509_V_OK;
  const int error = X509_STORE_CTX_get_error(context.get());
  return error == X509_V_OK ? X509_V_ERR_UNSPECIFIED : error;
}

}  // namespace

absl::StatusOr<CertificateFacts> ReadCertificate(std::string_view pem) {
  const ErrorsEndHere errors;
  const CertificatePointer certificate = CertificateOf(pem);
  if (certificate == nullptr) return absl::InvalidArgumentError("this is no certificate in PEM");
  return FactsOf(certificate.get());
}

absl::StatusOr<CertificateFacts> CheckClientCertificate(std::string_view pem,
                                                        std::string_view authority,
                                                        absl::Time now) {
  const ErrorsEndHere errors;
  const CertificatePointer leaf = CertificateOf(pem);
  if (leaf == nullptr) return absl::UnauthenticatedError("the certificate cannot be read");
  const CertificatePointer issuer = CertificateOf(authority);
  SLUICE_CHECK(issuer != nullptr, "the authority's certificate was read before");
  CertificateFacts facts = FactsOf(leaf.get());
  const int error = Verify(leaf.get(), issuer.get(), now);
  if (error != X509_V_OK) return absl::UnauthenticatedError(ReasonOf(error, facts));
  return facts;
}

bool IsSignedBy(std::string_view pem, std::string_view authority) {
  const ErrorsEndHere errors;
  const CertificatePointer leaf = CertificateOf(pem);
  const CertificatePointer issuer = CertificateOf(authority);
  if (leaf == nullptr || issuer == nullptr) return false;
  return X509_check_issued(issuer.get(), leaf.get()) == X509_V_OK &&
         X509_verify(leaf.get(), X509_get0_pubkey(issuer.get())) == 1;
}

}  // namespace sluice::crypto
