#include "dataplane/flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <cmath>

#include "tests/support/temp_folder.h"

namespace sluice::dataplane {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Flags Read(std::vector<std::string> args) {
  args.insert(args.begin(), "sluice-dataplane");
  std::vector<char*> argv;
  for (std::string& arg : args) argv.push_back(arg.data());
  Flags flags;
  EXPECT_EQ(ReadFlags(static_cast<int>(argv.size()), argv.data(), &flags), -1);
  flags.join_token_file = "join.token";
  return flags;
}

std::string Refusal(const Flags& flags) {
  const auto options = CheckFlags(flags);
  EXPECT_FALSE(options.ok());
  return std::string(options.status().message());
}

TEST(DataplaneFlags, CertificatesMayBeGivenAgainOrWithCommas) {
  for (const std::vector<std::string>& args : std::vector<std::vector<std::string>>{
           {"--tls-cert-file", "a.crt", "--tls-cert-file", "b.crt", "--tls-key-file", "a.key",
            "--tls-key-file", "b.key"},
           {"--tls-cert-file", "a.crt,b.crt", "--tls-key-file=a.key,b.key"}}) {
    const auto options = CheckFlags(Read(args));
    ASSERT_TRUE(options.ok()) << options.status();
    ASSERT_EQ(options->tls.size(), 2u);
    EXPECT_EQ(options->tls[0].certificate_file, "a.crt");
    EXPECT_EQ(options->tls[0].key_file, "a.key");
    EXPECT_EQ(options->tls[1].certificate_file, "b.crt");
    EXPECT_EQ(options->tls[1].key_file, "b.key");
  }
}

TEST(DataplaneFlags, CertificatesMayStandInTheEnvironmentOrAFile) {
  setenv("SLUICE_TLS_CERT_FILE", "env.crt,other.crt", 1);
  const test::TempFolder folder;
  ASSERT_TRUE(folder.Write("flags", "tls-cert-file = file.crt\ntls-key-file = one.key,two.key\n"));
  const Flags flags = Read({"--config", folder.File("flags")});
  unsetenv("SLUICE_TLS_CERT_FILE");
  EXPECT_THAT(flags.tls_cert_files, ElementsAre("env.crt", "other.crt"));
  EXPECT_THAT(flags.tls_key_files, ElementsAre("one.key", "two.key"));
}

TEST(DataplaneFlags, WithoutCertificatesTheDataPortIsPlaintext) {
  const auto options = CheckFlags(Read({}));
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_TRUE(options->tls.empty());
}

TEST(DataplaneFlags, CertificatesAndKeysBelongTogether) {
  EXPECT_THAT(Refusal(Read({"--tls-cert-file", "a.crt"})),
              HasSubstr("--tls-cert-file and --tls-key-file belong together: 1 of the one and 0"));
  EXPECT_THAT(Refusal(Read({"--tls-cert-file", "a.crt", "--tls-key-file", "a.key,b.key"})),
              HasSubstr("1 of the one and 2 of the other"));
}

TEST(DataplaneFlags, BeyondLoopbackTheDataPortNeedsTlsOrAWord) {
  EXPECT_THAT(Refusal(Read({"--listen", "0.0.0.0:8443"})),
              HasSubstr("--listen 0.0.0.0:8443 is not a loopback address and keys would travel "
                        "there in plaintext; give --tls-cert-file and --tls-key-file, or say "
                        "--insecure"));
  EXPECT_TRUE(CheckFlags(Read({"--listen", "0.0.0.0:8443", "--insecure"})).ok());
  EXPECT_TRUE(CheckFlags(Read({"--listen", "0.0.0.0:8443", "--tls-cert-file", "a.crt",
                               "--tls-key-file", "a.key"}))
                  .ok());
}

TEST(DataplaneFlags, TlsOnTheDataPortDoesNothingForTheOpsPort) {
  EXPECT_THAT(Refusal(Read({"--ops-listen", "0.0.0.0:8081", "--tls-cert-file", "a.crt",
                            "--tls-key-file", "a.key"})),
              HasSubstr("--ops-listen 0.0.0.0:8081 is not a loopback address"));
}

TEST(DataplaneFlags, WithoutAnEndpointNoPartIsTakenInTraces) {
  const Flags flags = Read({});
  EXPECT_TRUE(flags.trace_endpoint.empty());
  EXPECT_EQ(flags.trace_sample, 0.01);
  EXPECT_TRUE(CheckFlags(flags).ok());
  EXPECT_THAT(Refusal(Read({"--trace-headers-file", "f"})),
              HasSubstr("--trace-headers-file is of no use without --trace-endpoint"));
}

TEST(DataplaneFlags, AnEndpointForTracesIsAUrlWithoutSecrets) {
  for (const char* good : {"http://127.0.0.1:4318", "http://otel:4318/", "https://otel/a/b"}) {
    EXPECT_TRUE(CheckFlags(Read({"--trace-endpoint", good})).ok()) << good;
  }
  for (const char* bad : {"otel:4318", "ftp://otel", "http://otel/?key=secret", "http://",
                          "http://user:secret@otel"}) {
    const std::string refusal = Refusal(Read({"--trace-endpoint", bad}));
    EXPECT_THAT(refusal, testing::StartsWith("--trace-endpoint ")) << bad;
    EXPECT_THAT(refusal, testing::Not(HasSubstr("secret"))) << bad;
  }
}

TEST(DataplaneFlags, TheShareOfTracesIsOne) {
  for (const char* good : {"0", "1", "0.001"}) {
    EXPECT_TRUE(CheckFlags(Read({"--trace-sample", good})).ok()) << good;
  }
  for (const double bad : {-0.1, 1.1, std::nan("")}) {
    Flags flags = Read({});
    flags.trace_sample = bad;
    EXPECT_THAT(Refusal(flags), HasSubstr("is not in 0 to 1"));
  }
}

TEST(DataplaneFlags, WhatTheCollectorIsToldInSecretDoesNotTravelInPlaintext) {
  const auto flags = [](const char* url) {
    return Read({"--trace-endpoint", url, "--trace-headers-file", "f"});
  };
  EXPECT_TRUE(CheckFlags(flags("https://otel")).ok());
  EXPECT_TRUE(CheckFlags(flags("http://localhost:4318")).ok());
  EXPECT_TRUE(CheckFlags(flags("http://[::1]:4318")).ok());
  EXPECT_THAT(Refusal(flags("http://otel:4318")), HasSubstr("give an https URL"));
  Flags trusted = flags("http://otel:4318");
  trusted.insecure = true;
  EXPECT_TRUE(CheckFlags(trusted).ok());
}

}  // namespace
}  // namespace sluice::dataplane
