// With the examples of RFC 7515 and RFC 8037, and keys made here.
#include "common/crypto/jws_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/base/base64url.h"
#include "tests/support/token_signer.h"

namespace sluice::crypto {
namespace {

using ::testing::HasSubstr;

constexpr char kClaims[] =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
    "fQ";
constexpr char kModulus[] =
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4"
    "d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5re"
    "xMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxX"
    "FvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
constexpr char kRsaSignature[] =
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5"
    "jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb"
    "1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QO"
    "YEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
constexpr char kX[] = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
constexpr char kY[] = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
constexpr char kEcSignature[] =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
constexpr char kEdKey[] = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
constexpr char kEdText[] = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
constexpr char kEdSignature[] =
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
constexpr char kSecret[] =
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
constexpr char kHmacSignature[] = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

std::string Bytes(std::string_view text) { return *base::DecodeBase64Url(text); }

// Takes the right signature, and neither other bytes nor another length of it, nor other text.
void ExpectExact(const JwsKey& key, const std::string& text, const std::string& signature) {
  EXPECT_TRUE(key.Verifies(text, signature));
  EXPECT_FALSE(key.Verifies(text + "x", signature));
  EXPECT_FALSE(key.Verifies("", signature));
  EXPECT_FALSE(key.Verifies(text, ""));
  EXPECT_FALSE(key.Verifies(text, signature.substr(1)));
  EXPECT_FALSE(key.Verifies(text, signature + '\0'));
  EXPECT_FALSE(key.Verifies(text, std::string(1, '\0') + signature));
  EXPECT_FALSE(key.Verifies(text, std::string(signature.size(), '\0')));
  for (const size_t at : {size_t{0}, signature.size() / 2, signature.size() - 1}) {
    std::string other = signature;
    other[at] = static_cast<char>(other[at] ^ 1);
    EXPECT_FALSE(key.Verifies(text, other)) << at;
  }
}

TEST(JwsKey, VerifiesTheExamplesOfTheStandards) {
  const auto rsa = JwsKey::Rsa(Bytes(kModulus), Bytes("AQAB"));
  ASSERT_TRUE(rsa.ok()) << rsa.status();
  EXPECT_EQ(rsa->algorithm(), JwsAlgorithm::kRs256);
  ExpectExact(*rsa, std::string("eyJhbGciOiJSUzI1NiJ9.") + kClaims, Bytes(kRsaSignature));

  const auto ec = JwsKey::P256(Bytes(kX), Bytes(kY));
  ASSERT_TRUE(ec.ok()) << ec.status();
  EXPECT_EQ(ec->algorithm(), JwsAlgorithm::kEs256);
  ExpectExact(*ec, std::string("eyJhbGciOiJFUzI1NiJ9.") + kClaims, Bytes(kEcSignature));

  const auto ed = JwsKey::Ed25519(Bytes(kEdKey));
  ASSERT_TRUE(ed.ok()) << ed.status();
  EXPECT_EQ(ed->algorithm(), JwsAlgorithm::kEdDsa);
  ExpectExact(*ed, kEdText, Bytes(kEdSignature));

  const JwsKey hmac = JwsKey::Hmac(base::Secret(Bytes(kSecret)));
  EXPECT_EQ(hmac.algorithm(), JwsAlgorithm::kHs256);
  ExpectExact(hmac, std::string("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.") + kClaims,
              Bytes(kHmacSignature));
}

TEST(JwsKey, AnotherKeyOfTheTypeDoesNotVerify) {
  const auto jwk = test::TokenSigner::P256().Jwk();
  const auto other =
      JwsKey::P256(Bytes(jwk["x"].get<std::string>()), Bytes(jwk["y"].get<std::string>()));
  ASSERT_TRUE(other.ok());
  EXPECT_FALSE(
      other->Verifies(std::string("eyJhbGciOiJFUzI1NiJ9.") + kClaims, Bytes(kEcSignature)));
}

// Of those r and s that satisfy everybody (CVE-2022-21449) and of DER, which JWS does not have.
TEST(JwsKey, SignaturesOfEs256AreTwoNumbersInTheirRange) {
  const auto signer = test::TokenSigner::P256();
  const auto jwk = signer.Jwk();
  const auto key =
      JwsKey::P256(Bytes(jwk["x"].get<std::string>()), Bytes(jwk["y"].get<std::string>()));
  ASSERT_TRUE(key.ok());
  const std::string pair = signer.Sign("text");
  EXPECT_TRUE(key->Verifies("text", pair));
  EXPECT_FALSE(key->Verifies("text", std::string(32, '\0') + pair.substr(32)));
  EXPECT_FALSE(key->Verifies("text", pair.substr(0, 32) + std::string(32, '\0')));
  EXPECT_FALSE(key->Verifies("text", pair.substr(0, 32) + std::string(32, '\xff')));
  EXPECT_FALSE(key->Verifies("text", std::string("\x30\x06\x02\x01\x01\x02\x01\x01", 8)));
}

TEST(JwsKey, RefusesKeysThatAreWeakOrNone) {
  const std::string e = Bytes("AQAB");
  const auto weak = test::TokenSigner::Rsa(1024).Jwk();
  EXPECT_THAT(JwsKey::Rsa(Bytes(weak["n"].get<std::string>()), e).status().ToString(),
              HasSubstr("has 1024 bits"));
  // As long, but with zeroes in front.
  EXPECT_FALSE(JwsKey::Rsa(std::string(128, '\0') + Bytes(weak["n"].get<std::string>()), e).ok());
  EXPECT_FALSE(JwsKey::Rsa("", e).ok());
  EXPECT_FALSE(JwsKey::Rsa(std::string(4096, '\xff'), e).ok());
  for (const std::string& exponent :
       {std::string(), std::string("\x01"), std::string("\x02"), std::string(16, '\x11')}) {
    EXPECT_FALSE(JwsKey::Rsa(Bytes(kModulus), exponent).ok());
  }
  std::string even = Bytes(kModulus);
  even.back() = '\x10';
  EXPECT_FALSE(JwsKey::Rsa(even, e).ok());

  std::string off = Bytes(kY);
  off.back() = static_cast<char>(off.back() ^ 1);
  EXPECT_FALSE(JwsKey::P256(Bytes(kX), off).ok()) << "not on the curve";
  EXPECT_FALSE(JwsKey::P256(std::string(32, '\0'), std::string(32, '\0')).ok());
  EXPECT_FALSE(JwsKey::P256(Bytes(kX), "").ok());
  EXPECT_FALSE(JwsKey::P256(Bytes(kX) + '\0', Bytes(kY)).ok());
  EXPECT_FALSE(JwsKey::Ed25519("").ok());
  EXPECT_FALSE(JwsKey::Ed25519(std::string(33, 'x')).ok());
}

}  // namespace
}  // namespace sluice::crypto
