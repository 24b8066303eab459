// The data port with TLS, through real programs: curl, which believes only its CA file, before a
// data plane; and a relay that is as strict for what needs sockets.
#include <gmock/gmock.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/strings/escaping.h"
#include "common/base/file.h"
#include "common/crypto/sha256_stream.h"
#include "tests/integration/stack_test.h"
#include "tests/support/stack/programs.h"

namespace sluice::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr uint64_t kHundredMegabytes = uint64_t{100} << 20;
constexpr char kChat[] = R"({"model":"m","stream":true,"messages":[]})";

std::string Sha256OfFile(const std::string& path) {
  crypto::Sha256Stream hash;
  std::ifstream file(path, std::ios::binary);
  std::string piece(1 << 20, '\0');
  while (file.read(piece.data(), static_cast<std::streamsize>(piece.size())) || file.gcount() > 0) {
    hash.Update(std::string_view(piece).substr(0, static_cast<size_t>(file.gcount())));
  }
  return absl::BytesToHexString(hash.Digest());
}

class DataTlsTest : public StackTest {
 protected:
  StackOptions Options() override {
    StackOptions options;
    options.data_tls = true;
    options.dataplane_args = {"--workers", "1"};
    options.env = {kHoldNothingBack};
    return options;
  }
  void SetUp() override {
    StackTest::SetUp();
    ASSERT_TRUE(stack_->AddProvider("blobs", "custom", stack_->emulator().url()).ok());
  }

  std::string Url(const std::string& target, const std::string& scheme = "https") {
    return scheme + "://127.0.0.1:" + std::to_string(stack_->dataplane().port("http")) + target;
  }
  ProcessOptions CurlOptions(const std::string& url, const std::vector<std::string>& args) {
    ProcessOptions options;
    options.program = "/usr/bin/env";
    options.args = {
        "curl", "-q", "-sS", "--cacert", stack_->data_ca_file(), "-H", Stack::Bearer(key_)};
    options.args.insert(options.args.end(), args.begin(), args.end());
    options.args.push_back(url);
    options.unset = {"https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"};
    return options;
  }
  // Exit code 127: there is no curl.
  Finished Curl(const std::string& url, const std::vector<std::string>& args = {}) {
    auto finished = RunProgram(CurlOptions(url, args), Deadline(std::chrono::minutes(2)));
    EXPECT_TRUE(finished.ok()) << finished.status();
    return finished.ok() ? *std::move(finished) : Finished();
  }
  std::string Metrics() {
    auto answer = Fetch(stack_->dataplane().port("ops"), "GET", "/metrics");
    return answer.ok() ? answer->body : std::string(answer.status().message());
  }
  bool MetricsSay(const std::string& line) {
    return Eventually([&] { return Metrics().find(line + "\n") != std::string::npos; });
  }
};

TEST_F(DataTlsTest, CurlBelievesItsCaFileAndNothingElse) {
  const Finished good = Curl(Url("/p/demo/models"), {"-w", " %{http_code} %{http_version}"});
  EXPECT_EQ(good.exit_code, 0) << good.err;
  EXPECT_THAT(good.out, ::testing::EndsWith(" 200 1.1"));
  EXPECT_EQ(
      Curl(Url("/p/demo/models"), {"--cacert", "/etc/ssl/certs/ca-certificates.crt"}).exit_code,
      60);
  EXPECT_EQ(Curl(Url("/p/demo/models"),
                 {"--tlsv1.0", "--tls-max", "1.1", "--ciphers", "DEFAULT:@SECLEVEL=0"})
                .exit_code,
            35);
  for (const char* version : {"1.2", "1.3"}) {
    EXPECT_EQ(Curl(Url("/p/demo/models"), {"--tls-max", version}).exit_code, 0) << version;
  }
  const Finished plain = Curl(Url("/p/demo/models", "http"), {"-i"});
  EXPECT_EQ(plain.exit_code, 0) << plain.err;
  EXPECT_THAT(plain.out, StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(plain.out, HasSubstr("https://"));
  EXPECT_TRUE(MetricsSay("sluice_dataplane_tls_handshakes_total{end=\"plaintext\"} 1"));
  EXPECT_THAT(stack_->logs(), Not(HasSubstr(key_)));
}

TEST_F(DataTlsTest, AStreamStaysAStream) {
  ProcessOptions options =
      CurlOptions(Url("/p/demo/chat/completions?emu.hold_after=1&emu.hold=rest&emu.events=3"),
                  {"-N", "-d", kChat});
  options.stdout_path = stack_->folder().File("stream");
  auto curl = Process::Start(options);
  ASSERT_TRUE(curl.ok()) << curl.status();
  // The first event is here while the provider has not sent the second.
  EXPECT_TRUE(Eventually([&] { return (*curl)->Stdout().find("data: {") != std::string::npos; }));
  EXPECT_THAT((*curl)->Stdout(), Not(HasSubstr("[DONE]")));
  stack_->emulator().Release("rest");
  EXPECT_EQ((*curl)->Wait(), 0);
  EXPECT_THAT((*curl)->Stdout(), ::testing::EndsWith("data: [DONE]\n\n"));
}

TEST_F(DataTlsTest, EachEventComesWhenTheProviderSendsIt) {
  auto client = RawSocket::Connect(stack_->port());
  ASSERT_TRUE(client.ok());
  ASSERT_TRUE(client
                  ->SendAll(RequestText("POST", "/p/demo/chat/completions?emu.stall_after=1",
                                        {Stack::Bearer(key_)}, kChat))
                  .ok());
  auto first = client->ReadUntil("\n\n");
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_THAT(*first, HasSubstr("data: {"));
  // A client that leaves takes its upstream connection with it.
  client->Close();
  const auto request = stack_->emulator().WaitForRequest(
      "chat", [](const nlohmann::json& r) { return !r["client_closed_ms"].is_null(); });
  EXPECT_FALSE(request.is_null()) << "the provider's connection stayed open";
}

TEST_F(DataTlsTest, AHundredMegabytesDown) {
  const std::string query = "?size=" + std::to_string(kHundredMegabytes) + "&seed=7";
  const std::string hash =
      stack_->emulator().Page("/emulator/blob-hash" + query).value("sha256", "");
  const std::string file = stack_->folder().File("blob");
  ASSERT_EQ(Curl(Url("/p/demo/models")).exit_code, 0);
  const uint64_t before = stack_->dataplane().process().RssBytes();
  std::atomic<bool> over = false;
  uint64_t most = 0;
  std::thread watching([&] {
    while (!over) most = std::max(most, stack_->dataplane().process().RssBytes());
  });
  // Slower than the provider, so that it has to wait.
  const Finished finished =
      Curl(Url("/p/blobs/emulator/blob" + query), {"--limit-rate", "25M", "-o", file});
  over = true;
  watching.join();
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_EQ(std::filesystem::file_size(file), kHundredMegabytes);
  EXPECT_EQ(Sha256OfFile(file), hash);
  EXPECT_LT(most, before + (48u << 20));
  EXPECT_THAT(Metrics(), Not(HasSubstr("backpressure_pauses_total{direction=\"down\"} 0\n")));
}

TEST_F(DataTlsTest, AHundredMegabytesUp) {
  const std::string file = stack_->folder().File("blob");
  const std::string query = "?size=" + std::to_string(kHundredMegabytes) + "&seed=9";
  // Straight from the emulator.
  ASSERT_EQ(Curl(stack_->emulator().url() + "/emulator/blob" + query, {"-o", file}).exit_code, 0);
  ASSERT_EQ(Curl(Url("/p/demo/models")).exit_code, 0);
  const uint64_t before = stack_->dataplane().process().RssBytes();
  const Finished finished = Curl(Url("/p/blobs/anything?emu.slow_read=50000000"), {"-T", file});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  const auto answer = nlohmann::json::parse(finished.out, nullptr, false);
  ASSERT_TRUE(answer.is_object()) << finished.out;
  EXPECT_EQ(answer.value("sha256", ""), Sha256OfFile(file));
  EXPECT_LT(stack_->dataplane().process().RssBytes(), before + (48u << 20));
  EXPECT_THAT(Metrics(), Not(HasSubstr("backpressure_pauses_total{direction=\"up\"} 0\n")));
}

TEST_F(DataTlsTest, ACutAnswerIsSeenAsOne) {
  for (const char* how : {"", "&emu.chunk=1000"}) {
    const Finished cut =
        Curl(Url("/p/blobs/x?emu.size=100000&emu.cut_after=50000" + std::string(how)),
             {"-o", "/dev/null"});
    EXPECT_NE(cut.exit_code, 0) << how;
  }
  // To a client of HTTP/1.0 the end of the connection would be the end of the answer.
  const Finished old = Curl(Url("/p/blobs/x?emu.size=100000&emu.chunk=1000&emu.cut_after=50000"),
                            {"--http1.0", "-o", "/dev/null"});
  EXPECT_NE(old.exit_code, 0);
  const Finished whole =
      Curl(Url("/p/blobs/x?emu.size=100000&emu.chunk=1000"), {"--http1.0", "-o", "/dev/null"});
  EXPECT_EQ(whole.exit_code, 0) << whole.err;
}

TEST_F(DataTlsTest, UrlsOfTheGatewayBeginWithHttps) {
  const Finished answer =
      Curl(Url("/p/demo/x?emu.redirect=" + stack_->emulator().url() + "/v1/files/a"), {"-i"});
  EXPECT_THAT(answer.out, HasSubstr("ocation: " + Url("/p/demo/files/a")));
}

TEST_F(DataTlsTest, CertificatesChangeUnderTrafficAndNothingIsCut) {
  auto stream = RawSocket::Connect(stack_->port());
  ASSERT_TRUE(stream.ok());
  ASSERT_TRUE(stream
                  ->SendAll(RequestText("POST",
                                        "/p/demo/chat/completions?emu.hold_after=1&emu.hold=x"
                                        "&emu.events=5",
                                        {Stack::Bearer(key_)}, kChat))
                  .ok());
  stack_->emulator().Release("x");
  std::atomic<bool> enough = false;
  std::atomic<int> asked = 0;
  std::thread asking([&] {
    while (!enough) {
      EXPECT_EQ(Status(), 200);
      ++asked;
    }
  });
  const auto shows = [&](const std::string& name) {
    const std::string port = std::to_string(stack_->dataplane().port("http"));
    return Curl("https://" + name + ":" + port + "/p/demo/models",
                {"--resolve", name + ":" + port + ":127.0.0.1", "-o", "/dev/null"})
               .exit_code == 0;
  };
  EXPECT_TRUE(shows("serial.test"));
  ASSERT_TRUE(stack_->ReplaceDataCertificate().ok());
  EXPECT_TRUE(Eventually([&] { return shows("serial.next.test"); }));
  EXPECT_TRUE(MetricsSay("sluice_dataplane_tls_loads_total 2"));
  EXPECT_THAT(stack_->logs(), HasSubstr("took the changed TLS files"));

  AnnounceError("the changed TLS files cannot be used");
  ASSERT_TRUE(base::WriteFileAtomically(stack_->data_key_file(), "no key").ok());
  EXPECT_TRUE(MetricsSay("sluice_dataplane_tls_files_refused 1"));
  EXPECT_TRUE(MetricsSay("sluice_dataplane_tls_load_failures_total 1"));
  EXPECT_TRUE(shows("serial.next.test"));
  EXPECT_TRUE(stack_->WaitUntilReady());
  EXPECT_THAT(Metrics(), HasSubstr("sluice_dataplane_tls_certificate_not_after_seconds{file=\"" +
                                   stack_->data_cert_file() + "\"} "));
  const int before = asked;
  EXPECT_TRUE(Eventually([&] { return asked > before + 3; }));
  enough = true;
  asking.join();

  auto answer = ReadAnswer(*stream, "POST");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(answer->body, ::testing::EndsWith("data: [DONE]\n\n"));
}

TEST(DataTlsStartTest, WhatIsWrongWithTheFilesIsSaidAndNothingListens) {
  const TempFolder folder;
  ASSERT_TRUE(folder.Write("x.crt", "no certificate"));
  ASSERT_TRUE(folder.Write("x.key", "no key"));
  ProcessOptions options;
  options.program = DataplaneProgram();
  options.args = {
      "--listen",        "127.0.0.1:0",        "--ops-listen",      "127.0.0.1:0",
      "--state-dir",     folder.File("state"), "--join-token-file", "x",
      "--tls-cert-file", folder.File("x.crt"), "--tls-key-file",    folder.File("x.key")};
  auto run = RunProgram(options);
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->exit_code, 1);
  EXPECT_THAT(run->err, HasSubstr("--tls-cert-file " + folder.File("x.crt") +
                                  ": this is no certificate in PEM"));
}

}  // namespace
}  // namespace sluice::test
