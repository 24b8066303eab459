#include "common/crypto/certificate_authority.h"

#include <arpa/inet.h>
#include <openssl/ec.h>

#include <utility>

#include "common/base/text.h"
#include "common/crypto/digest.h"
#include "common/crypto/openssl_pointers.h"
#include "common/crypto/private_key.h"
#include "common/crypto/private_key_pem.h"

namespace sluice::crypto {
namespace {

constexpr size_t kMaxRequestBytes = 16 * 1024;
constexpr long kVersion3 = 2;

struct Extension {
  int nid;
  const char* value;
};

void AddExtension(X509* certificate, X509* issuer, const Extension& extension) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* made =
      X509V3_EXT_conf_nid(nullptr, &context, extension.nid, const_cast<char*>(extension.value));
  SLUICE_CHECK(made != nullptr, "OpenSSL cannot make an extension of a certificate");
  const int added = X509_add_ext(certificate, made, -1);
  X509_EXTENSION_free(made);
  SLUICE_CHECK(added == 1, "OpenSSL cannot add an extension to a certificate");
}

void AddName(GENERAL_NAMES* names, int type, std::string_view text) {
  GENERAL_NAME* name = GENERAL_NAME_new();
  SLUICE_CHECK(name != nullptr, "OpenSSL has no memory for a name");
  ASN1_STRING* value = type == GEN_IPADD ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
  SLUICE_CHECK(
      value != nullptr && ASN1_STRING_set(value, text.data(), static_cast<int>(text.size())) == 1,
      "OpenSSL has no memory for a name");
  GENERAL_NAME_set0_value(name, type, value);
  sk_GENERAL_NAME_push(names, name);
}

void AddHost(GENERAL_NAMES* names, const std::string& host) {
  char address[sizeof(in6_addr)];
  if (inet_pton(AF_INET, host.c_str(), address) == 1) {
    return AddName(names, GEN_IPADD, std::string_view(address, sizeof(in_addr)));
  }
  if (inet_pton(AF_INET6, host.c_str(), address) == 1) {
    return AddName(names, GEN_IPADD, std::string_view(address, sizeof(in6_addr)));
  }
  AddName(names, GEN_DNS, host);
}

// The time of issue, so that an issued certificate can be told from a later one of the same second;
// then chance.
void SetSerial(X509* certificate, absl::Time now) {
  constexpr size_t kChanceBytes = 8;
  std::string bytes;
  const auto micros = static_cast<uint64_t>(absl::ToUnixMicros(now));
  for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(micros >> shift));
  bytes += RandomBytes(kChanceBytes);
  BIGNUM* number = BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()),
                             static_cast<int>(bytes.size()), nullptr);
  SLUICE_CHECK(number != nullptr &&
                   BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr,
               "OpenSSL has no memory for a serial number");
  BN_free(number);
}

void SetCommonName(X509* certificate, const std::string& name) {
  const int set = X509_NAME_add_entry_by_txt(
      X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
      reinterpret_cast<const unsigned char*>(name.data()), static_cast<int>(name.size()), -1, 0);
  SLUICE_CHECK(set == 1, "OpenSSL cannot set the subject of a certificate");
}

CertificatePointer Blank(const std::string& common_name, EVP_PKEY* key, absl::Time now,
                         absl::Duration lifetime) {
  CertificatePointer certificate(X509_new());
  SLUICE_CHECK(certificate != nullptr, "OpenSSL has no memory for a certificate");
  X509_set_version(certificate.get(), kVersion3);
  SetSerial(certificate.get(), now);
  SetCommonName(certificate.get(), common_name);
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()),
                absl::ToTimeT(now - CertificateAuthority::kClockTolerance));
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()), absl::ToTimeT(now + lifetime));
  SLUICE_CHECK(X509_set_pubkey(certificate.get(), key) == 1, "OpenSSL cannot take a public key");
  return certificate;
}

std::string PemOf(X509* certificate) {
  const BioPointer bio(BIO_new(BIO_s_mem()));
  SLUICE_CHECK(bio != nullptr && PEM_write_bio_X509(bio.get(), certificate) == 1,
               "OpenSSL cannot write a certificate");
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return {bytes, static_cast<size_t>(size)};
}

// For a leaf. `purpose`: of its extended key usage.
std::string Sign(X509* certificate, X509* issuer, EVP_PKEY* issuer_key, GENERAL_NAMES* names,
                 const char* purpose) {
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  AddExtension(certificate, issuer, {NID_basic_constraints, "critical,CA:FALSE"});
  AddExtension(certificate, issuer, {NID_key_usage, "critical,digitalSignature"});
  AddExtension(certificate, issuer, {NID_ext_key_usage, purpose});
  AddExtension(certificate, issuer, {NID_subject_key_identifier, "hash"});
  AddExtension(certificate, issuer, {NID_authority_key_identifier, "keyid"});
  SLUICE_CHECK(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, 0) == 1,
               "OpenSSL cannot name a certificate");
  SLUICE_CHECK(X509_sign(certificate, issuer_key, EVP_sha256()) > 0,
               "OpenSSL cannot sign a certificate");
  return PemOf(certificate);
}

bool IsP256(EVP_PKEY* key) {
  char group[32] = "";
  size_t size = 0;
  return EVP_PKEY_is_a(key, "EC") == 1 &&
         EVP_PKEY_get_group_name(key, group, sizeof(group), &size) == 1 &&
         std::string_view(group, size) == "prime256v1";
}

// The key of a request, or null.
KeyPointer KeyOfRequest(std::string_view der) {
  if (der.size() > kMaxRequestBytes) return nullptr;
  const auto* position = reinterpret_cast<const unsigned char*>(der.data());
  const RequestPointer request(d2i_X509_REQ(nullptr, &position, static_cast<long>(der.size())));
  if (request == nullptr ||
      position != reinterpret_cast<const unsigned char*>(der.data()) + der.size()) {
    return nullptr;
  }
  KeyPointer key(X509_REQ_get_pubkey(request.get()));
  if (key == nullptr || !IsP256(key.get()) || X509_REQ_verify(request.get(), key.get()) != 1) {
    return nullptr;
  }
  return key;
}

}  // namespace

struct CertificateAuthority::Parsed {
  CertificatePointer certificate;
  KeyPointer key;
};

CertificateAuthority::CertificateAuthority(std::string certificate, base::Secret private_key,
                                           std::unique_ptr<Parsed> parsed)
    : certificate_(std::move(certificate)),
      private_key_(std::move(private_key)),
      parsed_(std::move(parsed)) {}
CertificateAuthority::CertificateAuthority(CertificateAuthority&&) noexcept = default;
CertificateAuthority& CertificateAuthority::operator=(CertificateAuthority&&) noexcept = default;
CertificateAuthority::~CertificateAuthority() = default;

CertificateAuthority CertificateAuthority::Create(absl::Time now, absl::Duration lifetime) {
  const ErrorsEndHere errors;
  base::Secret private_key = MakePrivateKey();
  auto parsed = std::make_unique<Parsed>();
  parsed->key = PrivateKeyOf(private_key);
  // Its name has something of its own, so that two authorities are not taken for one.
  parsed->certificate =
      Blank(base::Cat("Sluice authority ", RandomBase32(8)), parsed->key.get(), now, lifetime);
  X509* own = parsed->certificate.get();
  X509_set_issuer_name(own, X509_get_subject_name(own));
  AddExtension(own, own, {NID_basic_constraints, "critical,CA:TRUE,pathlen:0"});
  AddExtension(own, own, {NID_key_usage, "critical,keyCertSign,cRLSign"});
  AddExtension(own, own, {NID_subject_key_identifier, "hash"});
  SLUICE_CHECK(X509_sign(own, parsed->key.get(), EVP_sha256()) > 0,
               "OpenSSL cannot sign a certificate");
  std::string pem = PemOf(own);
  return {std::move(pem), std::move(private_key), std::move(parsed)};
}

absl::StatusOr<CertificateAuthority> CertificateAuthority::Load(std::string certificate,
                                                                base::Secret private_key) {
  const ErrorsEndHere errors;
  if (absl::Status status = CheckKeyFits(private_key, certificate); !status.ok()) return status;
  auto parsed = std::make_unique<Parsed>();
  parsed->certificate = CertificateOf(certificate);
  parsed->key = PrivateKeyOf(private_key);
  if (X509_check_ca(parsed->certificate.get()) != 1) {
    return absl::InvalidArgumentError("the certificate is not one of an authority");
  }
  return CertificateAuthority(std::move(certificate), std::move(private_key), std::move(parsed));
}

absl::StatusOr<std::string> CertificateAuthority::IssueServer(const base::Secret& private_key,
                                                              const std::vector<std::string>& hosts,
                                                              absl::Time now,
                                                              absl::Duration lifetime) const {
  const ErrorsEndHere errors;
  const KeyPointer key = PrivateKeyOf(private_key);
  if (key == nullptr) return absl::InvalidArgumentError("this is no private key in PEM");
  const NamesPointer names(GENERAL_NAMES_new());
  for (const std::string& host : hosts) AddHost(names.get(), host);
  const CertificatePointer certificate = Blank("Sluice control plane", key.get(), now, lifetime);
  return Sign(certificate.get(), parsed_->certificate.get(), parsed_->key.get(), names.get(),
              "serverAuth");
}

absl::StatusOr<std::string> CertificateAuthority::IssueClient(std::string_view request,
                                                              const std::string& uri,
                                                              absl::Time now,
                                                              absl::Duration lifetime) const {
  const ErrorsEndHere errors;
  const KeyPointer key = KeyOfRequest(request);
  if (key == nullptr) {
    return absl::InvalidArgumentError(
        "the certificate request is not one in PKCS #10, DER, with a P-256 key that signed it");
  }
  const NamesPointer names(GENERAL_NAMES_new());
  AddName(names.get(), GEN_URI, uri);
  const CertificatePointer certificate = Blank("Sluice node", key.get(), now, lifetime);
  return Sign(certificate.get(), parsed_->certificate.get(), parsed_->key.get(), names.get(),
              "clientAuth");
}

}  // namespace sluice::crypto
