// Providers with TLS, whose authority is not one of the system's.
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <memory>
#include <string>
#include <string_view>

#include "absl/time/clock.h"
#include "common/base/file.h"
#include "common/crypto/certificate_authority.h"
#include "common/crypto/private_key.h"
#include "common/crypto/trust_store.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/dataplane/upstream/client_fixture.h"

namespace sluice::upstream {
namespace {

template <auto kFree>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using Context = std::unique_ptr<SSL_CTX, Freer<SSL_CTX_free>>;
using Session = std::unique_ptr<SSL, Freer<SSL_free>>;
using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;

Bio Memory(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

class TlsUpstreamTest : public ClientTest {
 protected:
  void SetUp() override {
    // OpenSSL writes to sockets whose other end may have gone.
    signal(SIGPIPE, SIG_IGN);
    const std::string file = folder_.File("ca.crt");
    ASSERT_TRUE(base::WriteFileAtomically(file, authority_.certificate(), 0644).ok());
    auto trust = crypto::TrustStore::Load(file);
    ASSERT_TRUE(trust.ok()) << trust.status();
    trust_ = *std::move(trust);
    tls_client_ = std::make_unique<Client>(loop_, levels_, trust_.get());

    const base::Secret key = crypto::MakePrivateKey();
    const auto certificate =
        authority_.IssueServer(key, {"127.0.0.1"}, absl::Now(), absl::Hours(1));
    ASSERT_TRUE(certificate.ok()) << certificate.status();
    context_.reset(SSL_CTX_new(TLS_server_method()));
    const Bio certificate_text = Memory(*certificate);
    const Bio key_text = Memory(key.Reveal());
    const std::unique_ptr<X509, Freer<X509_free>> x509(
        PEM_read_bio_X509(certificate_text.get(), nullptr, nullptr, nullptr));
    const std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>> private_key(
        PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr));
    ASSERT_EQ(SSL_CTX_use_certificate(context_.get(), x509.get()), 1);
    ASSERT_EQ(SSL_CTX_use_PrivateKey(context_.get(), private_key.get()), 1);
  }
  // Null: the handshake failed.
  Session Accept(int fd) {
    Session session(SSL_new(context_.get()));
    SSL_set_fd(session.get(), fd);
    if (SSL_accept(session.get()) != 1) session.reset();
    ERR_clear_error();
    return session;
  }
  static std::string ReadTlsHead(SSL* session) {
    std::string head;
    char byte = 0;
    while (!head.ends_with("\r\n\r\n") && SSL_read(session, &byte, 1) == 1) head.push_back(byte);
    return head.ends_with("\r\n\r\n") ? head : "";
  }
  static void Write(SSL* session, std::string_view text) {
    SSL_write(session, text.data(), static_cast<int>(text.size()));
  }
  Request To(const ScriptedServer& server, http::Framing framing) {
    Request request = Post(server, framing);
    request.origin = "https" + server.origin().substr(4);
    return request;
  }
  TransferLease StartTls(Request request, Recorder& recorder) {
    return TransferLease(*tls_client_, tls_client_->Start(std::move(request), &recorder));
  }

  test::TempFolder folder_;
  const crypto::CertificateAuthority authority_ =
      crypto::CertificateAuthority::Create(absl::Now(), absl::Hours(1));
  std::unique_ptr<crypto::TrustStore> trust_;
  std::unique_ptr<Client> tls_client_;
  Context context_;
};

TEST_F(TlsUpstreamTest, IsBelievedByItsAuthorityAndUsedAgain) {
  ScriptedServer server([&](int fd, int) {
    const Session session = Accept(fd);
    if (session == nullptr) return;
    while (!ReadTlsHead(session.get()).empty()) Write(session.get(), kOk);
  });
  for (int i = 0; i < 3; ++i) {
    Recorder recorder;
    TransferLease transfer = StartTls(To(server, http::Framing::None()), recorder);
    transfer->PushEnd();
    ASSERT_TRUE(loop_.RunUntil([&] { return recorder.over(); }));
    EXPECT_EQ(recorder.body, "ok") << recorder.error.message;
    EXPECT_EQ(transfer->ConnectTime().has_value(), i == 0);
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(TlsUpstreamTest, IsNotBelievedWithoutIt) {
  std::atomic<bool> heard{false};
  ScriptedServer server([&](int fd, int) {
    const Session session = Accept(fd);
    if (session != nullptr && !ReadTlsHead(session.get()).empty()) heard = true;
  });
  Recorder recorder;
  // client_ believes whom the system does.
  Run(To(server, http::Framing::None()), recorder);
  EXPECT_EQ(recorder.error.code, "upstream_tls_error");
  EXPECT_TRUE(recorder.nothing_sent);
  EXPECT_FALSE(heard);
}

TEST_F(TlsUpstreamTest, TakesAnUploadThatHasToWaitForIt) {
  constexpr size_t kSize = 16 << 20;
  for (const bool chunked : {false, true}) {
    SCOPED_TRACE(chunked);
    std::atomic<size_t> received{0};
    std::atomic<bool> go{false};
    ScriptedServer server([&](int fd, int) {
      const Session session = Accept(fd);
      if (session == nullptr) return;
      ReadTlsHead(session.get());
      go.wait(false);
      char buffer[16 * 1024];
      while (received < kSize) {
        const int count = SSL_read(session.get(), buffer, sizeof(buffer));
        if (count <= 0) return;
        received += static_cast<size_t>(count);
      }
      Write(session.get(), kOk);
      WaitForClose(fd);
    });
    Recorder recorder;
    TransferLease transfer = StartTls(
        To(server, chunked ? http::Framing::Chunked() : http::Framing::Length(kSize)), recorder);
    const std::string piece(48 * 1024, 'u');
    size_t pushed = 0;
    bool full = false;
    const auto push = [&] {
      while (!full && pushed < kSize) {
        const std::string_view next =
            std::string_view(piece).substr(0, std::min(piece.size(), kSize - pushed));
        full = transfer->Push(next) == http::Flow::kFull;
        pushed += next.size();
      }
      if (pushed == kSize) transfer->PushEnd();
    };
    transfer->Push("u");
    ++pushed;
    ASSERT_TRUE(loop_.RunUntil([&] { return transfer->ConnectTime().has_value(); }));
    push();
    EXPECT_TRUE(full);
    EXPECT_LT(pushed, kSize);
    go = true;
    go.notify_all();
    ASSERT_TRUE(loop_.RunUntil([&] {
      if (recorder.drained) {
        recorder.drained = false;
        full = false;
        push();
      }
      return recorder.over();
    }));
    EXPECT_TRUE(recorder.ended) << recorder.error.message;
    EXPECT_GE(received, kSize);
  }
}

TEST_F(TlsUpstreamTest, ALargeAnswerComesWhole) {
  const std::string body(4 << 20, 'd');
  ScriptedServer server([&](int fd, int) {
    const Session session = Accept(fd);
    if (session == nullptr) return;
    ReadTlsHead(session.get());
    Write(session.get(),
          "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
    Write(session.get(), body);
    WaitForClose(fd);
  });
  Recorder recorder;
  recorder.full_at = 100'000;
  TransferLease transfer = StartTls(To(server, http::Framing::None()), recorder);
  transfer->PushEnd();
  ASSERT_TRUE(loop_.RunUntil([&] { return recorder.paused; }));
  transfer->ResumeResponse();
  ASSERT_TRUE(loop_.RunUntil([&] { return recorder.over(); }));
  EXPECT_EQ(recorder.body == body, true) << recorder.body.size();
}

}  // namespace
}  // namespace sluice::upstream
