// What holds for every request whatever its bytes: random requests, made of pieces that have broken
// gateways before.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <iterator>
#include <random>

#include "dataplane/policy/endpoint.h"
#include "dataplane/policy/header_class.h"
#include "dataplane/policy/location.h"
#include "dataplane/policy/percent_spelling.h"
#include "dataplane/policy/upstream_headers.h"
#include "tests/unit/dataplane/policy/policy_fixture.h"

namespace sluice::policy {
namespace {

constexpr int kRounds = 20'000;

class RandomRequest : public testing::Test {
 protected:
  RandomRequest() {
    const char* given = std::getenv("SLUICE_TEST_SEED");
    seed_ = given != nullptr ? std::strtoul(given, nullptr, 10) : std::random_device()();
    random_.seed(seed_);
    std::cout << "SLUICE_TEST_SEED=" << seed_ << "\n";
    for (const char* preset : {"openai", "gemini", "deepseek", "ollama", "xiaomi", "vllm"}) {
      gateway_.AddProvider(preset, preset);
    }
    gateway_.AddProvider("kept", "zai").set_encoded_slashes(config::v1::ENCODED_SLASHES_PRESERVE);
    auto& odd = gateway_.AddProvider("odd", "custom", "http://[::1]:81/a%2Fb");
    odd.set_strip_v1(false);
    auto& token = *odd.add_auth();
    token.set_header("X-Odd-Token");
    app_ = gateway_.AddClientKey("app");
    snapshot_ = gateway_.Build();
  }

  size_t Below(size_t bound) {
    return std::uniform_int_distribution<size_t>(0, bound - 1)(random_);
  }

  template <class Pieces>
  std::string Text(const Pieces& pieces, size_t max_pieces) {
    std::string text;
    for (size_t left = Below(max_pieces + 1); left > 0; --left) {
      bool any_byte = Below(12) == 0;
      text += any_byte ? std::string(1, static_cast<char>(Below(256)))
                       : std::string(pieces[Below(std::size(pieces))]);
    }
    return text;
  }

  std::string Endpoint() {
    static constexpr std::string_view kPieces[] = {
        "/",        "/",      "/",      ".",   "..",  "%2e",     "%2E",
        "%2f",      "%2F",    "%5c",    "\\",  "%",   "%2",      "%25",
        "%252e",    "%00",    "%0d%0a", "v1",  "v1/", "v1beta/", "upload/",
        "api/",     "a",      "b:c",    ";",   "@",   ":",       "//evil.example/",
        "http://",  "#",      "%23",    "%3F", " ",   "root/",   "anthropic/",
        "\xC3\xA9", "%C3%A9", "..;"};
    return Text(kPieces, 8);
  }
  std::string Query() {
    static const std::string pieces[] = {"&",  "&",    "=",       "key=", "%6bey=", "a",
                                         app_, "slk_", "foreign", "%20",  "%",      "#",
                                         ";",  "%26",  "?",       "Key="};
    return Text(pieces, 8);
  }
  const config::ProviderEntry& AnyProvider() {
    return *snapshot_->providers()[Below(snapshot_->providers().size())];
  }
  Decision<Route> Ask(const std::string& target) {
    return Admit(*snapshot_, Request("POST", target, {{"x-api-key", app_}}), kNow);
  }

  unsigned long seed_ = 0;
  std::mt19937 random_;
  Gateway gateway_;
  std::string app_;
  std::shared_ptr<const config::Snapshot> snapshot_;
};

// Written apart from the code under test: decodes everything, twice over the ways to write a
// separator.
bool HasDotSegment(std::string_view path) {
  std::string decoded = PercentDecoded(path) + "/";
  std::string segment;
  for (char c : decoded) {
    if (c != '/' && c != '\\') {
      segment.push_back(c);
      continue;
    }
    if (segment == "." || segment == "..") return true;
    segment.clear();
  }
  return false;
}

bool IsBelow(std::string_view path, const config::ProviderEntry& provider) {
  if (path.starts_with(provider.base.path + "/")) return true;
  for (const auto& root : provider.roots) {
    if (path.starts_with(root.path)) return true;
  }
  return false;
}

TEST_F(RandomRequest, Rule1_6_NoTargetLeavesTheBaseUrl) {
  int admitted = 0;
  for (int round = 0; round < kRounds; ++round) {
    const config::ProviderEntry& provider = AnyProvider();
    std::string target = "/p/" + provider.name + "/" + Endpoint();
    if (Below(2) == 0) target += "?" + Query();
    Decision<Route> decision = Ask(target);
    if (Refused(decision)) {
      ASSERT_TRUE(Refused(decision)->status == 400 || Refused(decision)->status == 403 ||
                  Refused(decision)->status == 401)
          << Outcome(decision);
      continue;
    }
    ++admitted;
    const std::string& up = std::get<Route>(decision).path_and_query;
    std::string_view path = std::string_view(up).substr(0, up.find('?'));
    ASSERT_TRUE(IsBelow(path, provider)) << target << " -> " << up;
    ASSERT_FALSE(HasDotSegment(path)) << target << " -> " << up;
    ASSERT_EQ(up.find('#'), std::string::npos) << target << " -> " << up;
    for (unsigned char byte : up)
      ASSERT_TRUE(byte > 0x20 && byte != 0x7f) << target << " -> " << up;
    ASSERT_EQ(up.find(app_), std::string::npos) << target << " -> " << up;
  }
  EXPECT_GT(admitted, kRounds / 20);
  EXPECT_LT(admitted, kRounds);
}

TEST_F(RandomRequest, Rule1_3_PlainEndpointsArriveByteByByte) {
  static constexpr std::string_view kPieces[] = {"a", "/",   "%20", ":",  ";",
                                                 "+", "%25", "%3F", "x.y"};
  for (int round = 0; round < kRounds; ++round) {
    std::string endpoint = "z" + Text(kPieces, 6);
    Decision<Route> decision = Ask("/p/openai/" + endpoint + "?a=%2F&&");
    if (Refused(decision)) continue;
    ASSERT_EQ(Outcome(decision), "/v1/" + endpoint + "?a=%2F&&");
  }
}

TEST_F(RandomRequest, Rule4_3_RewrittenUrlsLeadBackToWhereTheyPointed) {
  int rewritten = 0;
  for (int round = 0; round < kRounds; ++round) {
    const config::ProviderEntry& provider = AnyProvider();
    std::string path = Endpoint();
    switch (Below(3)) {
      case 0:
        path = provider.base.path + "/" + path;
        break;
      case 1:
        if (!provider.roots.empty())
          path = provider.roots[Below(provider.roots.size())].path + path;
        break;
    }
    std::string query = Below(2) == 0 ? "?q=1&&x=%2f" : "";
    bool absolute = path.starts_with('/') && Below(2) == 0;
    std::string url = (absolute ? provider.base.Origin() : "") + path + query;
    std::optional<std::string> ours = RewriteUrl(provider, url, {.host = "gw:80"});
    if (!ours.has_value()) continue;
    ++rewritten;
    std::string_view target = *ours;
    if (target.starts_with("http://gw:80")) target.remove_prefix(12);
    target = target.substr(0, target.find('#'));
    Decision<Route> decision = Ask(std::string(target));
    if (Refused(decision) && Refused(decision)->code == "permission_denied") continue;
    std::string expected = url.substr(url.starts_with('/') ? 0 : provider.base.Origin().size());
    expected = expected.substr(0, expected.find('#'));
    // As the client of a URL without a query but with a ? would send it.
    if (expected.ends_with('?')) expected.pop_back();
    ASSERT_EQ(Outcome(decision), expected) << url << " -> " << *ours;
  }
  EXPECT_GT(rewritten, kRounds / 20);
}

TEST_F(RandomRequest, Rule3_2_ExactlyOneCredentialAndNothingHopByHopGoesUp) {
  static constexpr std::string_view kNames[] = {"Authorization",
                                                "authorization",
                                                "X-Api-Key",
                                                "api-key",
                                                "X-GOOG-API-KEY",
                                                "Connection",
                                                "connection",
                                                "Keep-Alive",
                                                "Proxy-Authorization",
                                                "Proxy-X",
                                                "TE",
                                                "Trailer",
                                                "Transfer-Encoding",
                                                "Upgrade",
                                                "Host",
                                                "Cookie",
                                                "X-Forwarded-For",
                                                "X-Odd-Token",
                                                "X-Any",
                                                "Content-Type",
                                                "X-Request-Id",
                                                "Expect",
                                                "Content-Length",
                                                "Via",
                                                "X-Sluice-Any"};
  const std::string values[] = {
      "Bearer ",       "Basic ", app_,          "slk_",         "placeholder", ", ",
      "authorization", "x-any",  "x-odd-token", "content-type", "keep-alive",  " "};
  const config::ProviderKeyEntry key{"pk", base::Secret(std::string_view("provider-secret"))};
  for (int round = 0; round < kRounds; ++round) {
    Fields fields;
    for (size_t left = Below(8); left > 0; --left) {
      std::string value;
      for (size_t pieces = Below(4); pieces > 0; --pieces)
        value += values[Below(std::size(values))];
      fields.emplace_back(kNames[Below(std::size(kNames))], value);
    }
    const config::ProviderEntry& provider = AnyProvider();
    std::string endpoint = Below(2) == 0 ? "anthropic/x" : "x";
    Decision<Route> decision = Ask("/p/" + provider.name + "/" + endpoint);
    ASSERT_FALSE(Refused(decision)) << Outcome(decision);
    const Route& route = std::get<Route>(decision);
    http::HeaderList out;
    BuildUpstreamHeaders(Request("POST", "/", fields), route, &key, "id", &out);

    int credentials = 0;
    for (size_t i = 0; i < out.size(); ++i) {
      std::string_view name = out[i].name;
      bool is_ours = http::NameEquals(name, route.auth->header);
      credentials += is_ours;
      ASSERT_TRUE(!is_ours || out[i].value.ends_with("provider-secret")) << name;
      ASSERT_TRUE(is_ours || !StopsUpstream(name)) << name;
      ASSERT_EQ(out[i].value.find(app_), std::string_view::npos) << name;
    }
    ASSERT_EQ(credentials, 1);
    ASSERT_EQ(out.Count("X-Request-Id"), 1u);
  }
}

}  // namespace
}  // namespace sluice::policy
