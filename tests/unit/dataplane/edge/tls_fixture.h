// A listener with TLS, its certificates in files, and the authority that clients trust.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/crypto/certificate_authority.h"
#include "common/crypto/private_key.h"
#include "dataplane/edge/tls_files.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/dataplane/edge/listener_fixture.h"
#include "tests/unit/dataplane/edge/tls_client.h"

namespace sluice::edge {

// Certificates for tests, as files.
class TlsFolder {
 public:
  // NAME.crt and NAME.key, for `hosts`.
  TlsPair Issue(const std::string& name, const std::vector<std::string>& hosts,
                absl::Duration lifetime = absl::Hours(24 * 365), absl::Time now = absl::Now()) {
    const base::Secret key = crypto::MakePrivateKey();
    const auto certificate = authority_.IssueServer(key, hosts, now, lifetime);
    EXPECT_TRUE(certificate.ok()) << certificate.status();
    const TlsPair pair{folder_.File(name + ".crt"), folder_.File(name + ".key")};
    EXPECT_TRUE(folder_.Write(name + ".crt", *certificate));
    EXPECT_TRUE(folder_.Write(name + ".key", std::string(key.Reveal())));
    EXPECT_EQ(chmod(pair.key_file.c_str(), 0600), 0);
    return pair;
  }
  // What `from` has, under the names of `to`, as a deployment does it.
  static void Replace(const TlsPair& to, const TlsPair& from) {
    EXPECT_EQ(rename(from.certificate_file.c_str(), to.certificate_file.c_str()), 0);
    EXPECT_EQ(rename(from.key_file.c_str(), to.key_file.c_str()), 0);
  }
  const std::string& authority() const { return authority_.certificate(); }
  test::TempFolder& folder() { return folder_; }

 private:
  test::TempFolder folder_;
  crypto::CertificateAuthority authority_ =
      crypto::CertificateAuthority::Create(absl::Now(), absl::Hours(24 * 3650));
};

class TlsListenerTest : public ListenerTest {
 protected:
  // The listener uses what ends with this object.
  ~TlsListenerTest() override { listener_.reset(); }

  void ServeTls(std::vector<TlsPair> pairs) {
    auto files = TlsFiles::Open(std::move(pairs), clock_);
    ASSERT_TRUE(files.ok()) << files.status();
    files_ = *std::move(files);
    options_.tls = &files_->slot();
    Serve();
  }
  void ServeTls() { ServeTls({folder_.Issue("server", {"gateway.test"})}); }
  TlsClientOptions Trusting(int version = 0) const {
    TlsClientOptions options;
    options.authority = folder_.authority();
    options.server_name = "gateway.test";
    options.version = version;
    return options;
  }
  std::unique_ptr<TlsClient> Connect() { return Connect(Trusting()); }
  std::unique_ptr<TlsClient> Connect(const TlsClientOptions& options) {
    auto client = std::make_unique<TlsClient>(port(), options);
    EXPECT_TRUE(client->Shake()) << client->error();
    return client;
  }
  uint64_t Count(HandshakeEnd end) { return files_->slot().count(end); }
  bool WaitFor(HandshakeEnd end, uint64_t times = 1) {
    const absl::Time deadline = absl::Now() + absl::Seconds(20);
    while (Count(end) < times && absl::Now() < deadline) OnWorker([](ScriptedHandler&) {});
    return Count(end) == times;
  }

  base::SystemClock clock_;
  TlsFolder folder_;
  std::unique_ptr<TlsFiles> files_;
};

}  // namespace sluice::edge
