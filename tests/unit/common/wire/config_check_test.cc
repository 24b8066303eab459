// Longer than 400 lines because it is one table a rule, and the rules are many.
#include "common/wire/config_check.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "common/catalog/preset.h"

namespace sluice::wire {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

template <typename Message>
Message Parse(const std::string& text) {
  Message message;
  // Merged, so that a later text of a field replaces an earlier one.
  EXPECT_TRUE(google::protobuf::TextFormat::MergeFromString(text, &message)) << text;
  return message;
}

// All violations in one text, to look into.
std::string TextOf(const std::vector<Violation>& violations) {
  std::string text;
  for (const Violation& violation : violations) {
    text += violation.resource + ": " + violation.reason + "\n";
  }
  return text;
}

struct Case {
  std::string message;              // in text format, added to a good one
  std::vector<std::string> reason;  // pieces of the one sentence; none: good
};

template <typename Message, typename Check>
void RunCases(const std::string& good, Check check, const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    SCOPED_TRACE(one.message.substr(0, 200));
    const std::vector<Violation> found = check(Parse<Message>(good + one.message));
    if (one.reason.empty()) {
      EXPECT_EQ(TextOf(found), "");
      continue;
    }
    EXPECT_EQ(found.size(), 1u) << TextOf(found);
    for (const std::string& piece : one.reason) EXPECT_THAT(TextOf(found), HasSubstr(piece));
  }
}

std::string Repeat(const std::string& text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST(CheckSettings, HoldsEveryRange) {
  RunCases<config::v1::Settings>(
      "", &CheckSettings,
      {
          {"", {}},
          {"max_request_line_bytes: 256", {}},
          {"max_request_line_bytes: 255", {"max_request_line_bytes is 255", "256 to 1048576"}},
          {"max_request_line_bytes: 1048576", {}},
          {"max_request_line_bytes: 1048577", {"max_request_line_bytes is 1048577"}},
          {"max_header_bytes: 1023", {"max_header_bytes is 1023"}},
          {"max_header_bytes: 1048577", {"max_header_bytes is 1048577"}},
          {"max_header_fields: 7", {"max_header_fields is 7", "8 to 4096"}},
          {"max_header_fields: 4097", {"max_header_fields is 4097"}},
          {"max_body_bytes: 0", {}},
          {"max_body_bytes: 9223372036854775807", {}},
          {"max_body_bytes: -1", {"max_body_bytes is -1, but must be at least 0"}},
          {"header_timeout { nanos: 100000000 }", {}},
          {"header_timeout { nanos: 99999999 }", {"header_timeout is 99.999999ms", "100ms to 1h"}},
          {"header_timeout { seconds: 3600 }", {}},
          {"header_timeout { seconds: 3600 nanos: 1 }", {"header_timeout", "100ms to 1h"}},
          {"header_timeout { }", {"header_timeout is 0"}},
          {"header_timeout { seconds: -1 }", {"header_timeout is -1s"}},
          {"header_timeout { seconds: 1 nanos: -1 }", {"header_timeout is not a valid duration"}},
          {"header_timeout { seconds: -1 nanos: 1 }", {"header_timeout is not a valid duration"}},
          {"header_timeout { nanos: 1000000000 }", {"header_timeout is not a valid duration"}},
          {"header_timeout { seconds: 9223372036854775807 }",
           {"header_timeout is not a valid duration"}},
          {"body_idle_timeout { seconds: 86401 }", {"body_idle_timeout", "24h"}},
          {"keep_alive_timeout { seconds: 86401 }", {"keep_alive_timeout", "24h"}},
          {"write_stall_timeout { seconds: 86401 }", {"write_stall_timeout", "24h"}},
          {"timeouts { connect { seconds: 601 } }", {"timeouts.connect is 10m1s", "10ms to 10m"}},
          {"timeouts { first_byte { nanos: 9999999 } }", {"timeouts.first_byte", "10ms to 24h"}},
          {"timeouts { stream_idle { seconds: 86401 } }", {"timeouts.stream_idle"}},
          {"buffer_high_bytes: 4095 buffer_low_bytes: 1", {"buffer_high_bytes is 4095"}},
          {"buffer_high_bytes: 67108865", {"buffer_high_bytes is 67108865"}},
          {"buffer_low_bytes: -1", {"buffer_low_bytes is -1"}},
          {"buffer_low_bytes: 0", {}},
          {"buffer_low_bytes: 262143", {}},
          {"buffer_low_bytes: 262144", {"buffer_low_bytes is 262144", "is 262144"}},
          {"buffer_high_bytes: 65536", {"buffer_low_bytes is 65536", "is 65536"}},
          {"buffer_high_bytes: 65537", {}},
      });
}

TEST(CheckProvider, HoldsEveryRuleOfFields) {
  const std::string kLong(64, 'a');
  RunCases<config::v1::Provider>(
      "name: 'x' preset: 'openai' ", &CheckProvider,
      {
          {"", {}},
          {"name: 'openai-east.2_b~c'", {}},
          {"name: ''", {"provider \"\"", "name \"\" is not 1 to 63"}},
          {"name: 'Open'", {"name \"Open\""}},
          {"name: '-a'", {"name \"-a\""}},
          {"name: 'a/b'", {"name \"a/b\""}},
          {"name: '" + kLong + "'", {"name \"aaa"}},
          {"preset: 'opneai'", {"preset \"opneai\" does not exist"}},
          {"preset: ''", {"preset \"\" does not exist"}},
          {"preset: 'custom'", {"base_url is required with preset \"custom\""}},
          {"preset: 'oracle' base_url: 'https://h'", {}},
          {"base_url: 'http://127.0.0.1:8/x'", {}},
          {"base_url: ''", {"base_url \"\" is empty"}},
          {"base_url: 'file:///etc/passwd'", {"base_url \"file:///etc/passwd\""}},
          {"roots { prefix: 'anthropic/' path: '/api/anthropic/' }", {}},
          {"roots { prefix: 'x/' path: '/' }", {}},
          {"roots { prefix: '' path: '/x/' }", {"roots.prefix \"\" does not end with /"}},
          {"roots { prefix: 'x' path: '/x/' }", {"roots.prefix \"x\" does not end with /"}},
          {"roots { prefix: '/x/' path: '/x/' }", {"roots.prefix \"/x/\" begins with /"}},
          {"roots { prefix: 'x/' path: 'x/' }", {"roots.path \"x/\""}},
          {"roots { prefix: 'x/' path: '/x' }", {"roots.path \"/x\""}},
          {"roots { prefix: 'x/' path: '' }", {"roots.path \"\""}},
          {"roots { prefix: 'x/' path: '/../' }", {"roots.path \"/../\"", ". or .."}},
          {"roots { prefix: 'x/' path: '/%2e%2e/' }", {"roots.path", ". or .."}},
          {"roots { prefix: 'x/' path: '/a?b/' }", {"roots.path \"/a?b/\""}},
          {"roots { prefix: 'x/' path: '/a\\nb/' }", {"roots.path \"/a\\nb/\""}},
          {"roots { prefix: 'x/' path: '/@h:1/' }", {}},
          {"auth { header: 'x-key' }", {}},
          {"auth { }", {}},
          {"auth { prefix: 'x/' header: 'Authorization' scheme: 'Bearer' }", {}},
          {"auth { header: 'x key' }", {"auth.header \"x key\" is not a header name"}},
          {"auth { header: 'x\\r\\ny' }", {"auth.header", "is not a header name"}},
          {"auth { header: 'Host' }", {"auth.header \"Host\" cannot carry a key"}},
          {"auth { header: 'x-sluice-y' }", {"auth.header \"x-sluice-y\""}},
          {"auth { header: 'a' scheme: 'Be arer' }", {"auth.scheme \"Be arer\""}},
          {"auth { scheme: 'Bearer' }", {"auth.scheme is \"Bearer\"", "auth.header is empty"}},
          {"auth { prefix: '/x' header: 'a' }", {"auth.prefix \"/x\" begins with /"}},
          {"denied_endpoints: 'api/blobs/'", {}},
          {"denied_endpoints: ''", {"denied_endpoints has an empty entry"}},
          {"denied_endpoints: '/x'", {"denied_endpoints \"/x\" begins with /"}},
          {"denied_endpoints: 'a?b'", {"denied_endpoints \"a?b\""}},
          {"encoded_slashes: ENCODED_SLASHES_PRESERVE", {}},
          {"timeouts { connect { seconds: 601 } }", {"timeouts.connect is 10m1s"}},
          {"max_body_bytes: 0", {}},
          {"max_body_bytes: -5", {"max_body_bytes is -5"}},
          {"labels { key: 'zone' value: 'a b' }", {}},
          {"labels { key: '' value: 'a' }", {"labels has the name \"\""}},
          {"labels { key: 'a b' value: 'a' }", {"labels has the name \"a b\""}},
          {"labels { key: 'a' value: 'b\\n' }", {"labels has a value for \"a\""}},
          {Repeat("roots { prefix: 'x/' path: '/x/' }", 65), {"roots has 65 entries"}},
          {Repeat("auth { header: 'x' }", 65), {"auth has 65 entries"}},
          {Repeat("denied_endpoints: 'x'", 65), {"denied_endpoints has 65 entries"}},
      });
}

TEST(CheckProvider, RefusesAnEnumValueItDoesNotKnow) {
  config::v1::Provider provider = Parse<config::v1::Provider>("name: 'x' preset: 'openai'");
  provider.set_encoded_slashes(static_cast<config::v1::EncodedSlashes>(7));
  EXPECT_THAT(TextOf(CheckProvider(provider)), HasSubstr("encoded_slashes is 7"));
}

// Where an operator may name a header.
const std::string kPlaces[] = {
    "request_headers { remove: 'NAME' }",
    "request_headers { set { name: 'NAME' value: 'v' } }",
    "request_headers { add { name: 'NAME' value: 'v' } }",
    "response_headers { remove: 'NAME' }",
    "response_headers { set { name: 'NAME' value: 'v' } }",
    "response_headers { add { name: 'NAME' value: 'v' } }",
    "default_headers { name: 'NAME' value: 'v' }",
    "rewrite_response_headers: 'NAME'",
};

std::string FindingsFor(const std::string& place, const std::string& name,
                        const std::string& more) {
  std::string text = place;
  text.replace(text.find("NAME"), 4, name);
  return TextOf(CheckProvider(
      Parse<config::v1::Provider>("name: 'x' preset: 'openai' " + more + " " + text)));
}

TEST(CheckProvider, KeepsGatewayHeadersOutOfEveryPlace) {
  const std::string kNames[] = {
      "Authorization",
      "authorization",
      "Proxy-Authorization",
      "x-api-key",
      "X-API-Key",
      "api-key",
      "x-goog-api-key",
      "Host",
      "Content-Length",
      "Connection",
      "Keep-Alive",
      "TE",
      "Trailer",
      "Transfer-Encoding",
      "Upgrade",
      "Proxy-Connection",
      "X-Sluice-Request-Id",
      "x-sluice-anything",
      "Expect",
      "x-gate",
  };
  for (const std::string& place : kPlaces) {
    for (const std::string& name : kNames) {
      SCOPED_TRACE(place + " " + name);
      EXPECT_THAT(FindingsFor(place, name, "auth { header: 'X-Gate' }"),
                  AllOf(HasSubstr("has \"" + name + "\""), HasSubstr("set by the gateway alone")));
    }
    for (const std::string bad : {"", "a b", "a:", "a\\r\\nb: c"}) {
      EXPECT_THAT(FindingsFor(place, bad, ""), HasSubstr("is not a header name"));
    }
    for (const std::string good : {"X-Title", "Cookie", "Via", "anthropic-version", "x-gate"}) {
      EXPECT_EQ(FindingsFor(place, good, ""), "") << place << good;
    }
  }
}

TEST(CheckProvider, ChecksHeaderValues) {
  const std::string kValues[] = {
      "request_headers { set { name: 'a' value: 'VALUE' } }",
      "request_headers { add { name: 'a' value: 'VALUE' } }",
      "response_headers { set { name: 'a' value: 'VALUE' } }",
      "default_headers { name: 'a' value: 'VALUE' }",
  };
  for (const std::string& place : kValues) {
    const auto findings = [&place](const std::string& value) {
      std::string text = place;
      text.replace(text.find("VALUE"), 5, value);
      return TextOf(
          CheckProvider(Parse<config::v1::Provider>("name: 'x' preset: 'openai' " + text)));
    };
    for (const std::string bad : {"a\\r\\nx: y", "a\\nb", "a\\0b", " a", "a "}) {
      EXPECT_THAT(findings(bad), HasSubstr("has a value for \"a\"")) << place << bad;
    }
    EXPECT_EQ(findings("text/plain; q=\\\"é\\\""), "");
    EXPECT_EQ(findings(""), "");
  }
}

TEST(CheckProvider, BoundsAHeaderPolicy) {
  const std::string kAdd = "request_headers { add { name: 'a' value: 'b' } }";
  RunCases<config::v1::Provider>(
      "name: 'x' preset: 'openai' ", &CheckProvider,
      {{Repeat(kAdd, 64), {}}, {Repeat(kAdd, 65), {"request_headers has 65 edits"}}});
}

TEST(CheckProvider, AcceptsEveryPresetWithItsOwnValuesWrittenOut) {
  for (const catalog::Preset& preset : catalog::Presets()) {
    config::v1::Provider provider;
    provider.set_name(std::string(preset.name));
    provider.set_preset(std::string(preset.name));
    if (preset.base_url.empty()) provider.set_base_url("https://h/v1");
    EXPECT_EQ(TextOf(CheckProvider(provider)), "");
    const absl::StatusOr<catalog::EffectiveProvider> resolved = catalog::Resolve(provider);
    ASSERT_TRUE(resolved.ok()) << resolved.status();
    EXPECT_EQ(TextOf(CheckProvider(resolved->provider)), "");
  }
}

TEST(CheckProvider, NeverShowsUserInfo) {
  const std::string text = TextOf(CheckProvider(Parse<config::v1::Provider>(
      "name: 'x' preset: 'openai' base_url: 'https://user:canary@h/v1'")));
  EXPECT_THAT(text, AllOf(HasSubstr("user info"), Not(HasSubstr("canary"))));
}

TEST(CheckProviderKey, HoldsEveryRule) {
  RunCases<config::v1::ProviderKey>(
      "id: 'pk_1' provider: 'openai' name: 'main' ", &CheckProviderKey,
      {
          {"", {}},
          {"id: ''", {}},
          {"id: 'PK 1'", {"provider key \"openai/main\"", "id \"PK 1\""}},
          {"name: ''", {"name \"\""}},
          {"name: 'Main'", {"name \"Main\""}},
          {"provider: ''", {"provider \"\" is not the name of a provider"}},
          {"created_at { seconds: 1700000000 nanos: 5 }", {}},
          {"created_at { nanos: -1 }", {"created_at is not a valid time"}},
          {"created_at { seconds: 253402300800 }", {"created_at is not a valid time"}},
      });
}

TEST(CheckProviderSecret, TakesPrintableAsciiAndNeverShowsIt) {
  const auto key = Parse<config::v1::ProviderKey>("provider: 'openai' name: 'main'");
  for (const std::string good : {"x", "sk-canary_~!\"#{}"}) {
    EXPECT_THAT(CheckProviderSecret(key, good), IsEmpty());
  }
  EXPECT_THAT(CheckProviderSecret(key, std::string(4096, 'k')), IsEmpty());
  const std::string kBad[] = {"",
                              "sk-canary\n",
                              "sk canary",
                              "sk-canary\r\nX-Evil: 1",
                              std::string("sk-canary\0", 10),
                              "sk-canary\xc3\xa9",
                              "\tsk-canary",
                              "canary" + std::string(4091, 'k')};
  for (const std::string& bad : kBad) {
    SCOPED_TRACE(bad.substr(0, 30));
    const std::vector<Violation> found = CheckProviderSecret(key, bad);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].resource, "provider key \"openai/main\"");
    EXPECT_THAT(found[0].reason, AllOf(HasSubstr("the key itself"), Not(HasSubstr("canary"))));
  }
}

TEST(CheckClientKey, HoldsEveryRule) {
  std::string many_labels;
  for (int i = 0; i < 65; ++i) many_labels += "labels { key: 'l" + std::to_string(i) + "' }";
  RunCases<config::v1::ClientKey>(
      "id: 'k1' name: 'app' ", &CheckClientKey,
      {
          {"", {}},
          {"name: 'App'", {"client key \"App\"", "name \"App\""}},
          {"id: 'a/b'", {"id \"a/b\""}},
          {"providers: 'a' providers: 'b'", {}},
          {"providers: 'a' providers: 'a'", {"providers has \"a\" twice"}},
          {"providers: 'A'", {"providers has \"A\", which is not the name of a provider"}},
          {"providers: ''", {"providers has \"\""}},
          {"expires_at { seconds: 2000000000 }", {}},
          {"expires_at { seconds: -62135596801 }", {"expires_at is not a valid time"}},
          {"expires_at { nanos: 1000000000 }", {"expires_at is not a valid time"}},
          {"revoked_at { nanos: -1 }", {"revoked_at is not a valid time"}},
          {"created_at { nanos: -1 }", {"created_at is not a valid time"}},
          {"note: 'two\\nlines é'", {}},
          {"note: '" + std::string(1024, 'n') + "'", {}},
          {"note: '" + std::string(1025, 'n') + "'", {"note has more than 1024 bytes"}},
          {"note: 'a\\033[31m'", {"note", "control character"}},
          {"labels { key: 'team' value: '" + std::string(256, 'v') + "' }", {}},
          {"labels { key: 'team' value: '" + std::string(257, 'v') + "' }", {"labels", "\"team\""}},
          {many_labels, {"labels has 65 entries"}},
      });
}

const std::string kConfiguration = R"(
    providers { name: 'openai' preset: 'openai' }
    providers { name: 'other' preset: 'openai' }
    provider_keys { key { id: 'pk_1' provider: 'openai' name: 'main' } secret: 'sk-1' }
    client_keys { key { id: 'k1' name: 'app' providers: 'openai' }
                  sha256: '11111111111111111111111111111111' }
)";

TEST(CheckConfiguration, HoldsWhatResourcesSayOfEachOther) {
  const std::string kDigest = " sha256: '22222222222222222222222222222222' ";
  RunCases<config::v1::Configuration>(
      kConfiguration, &CheckConfiguration,
      {
          {"", {}},
          {"settings { max_header_fields: 1 }", {"settings: max_header_fields is 1"}},
          {"providers { name: 'openai' preset: 'groq' }",
           {"provider \"openai\": the name is taken twice"}},
          {"providers { name: 'y' preset: 'z' }", {"provider \"y\": preset \"z\" does not exist"}},
          {"provider_keys { key { id: 'pk_2' provider: 'openai' name: 'spare' } secret: 'k' }", {}},
          {"provider_keys { key { id: 'pk_2' provider: 'other' name: 'main' } secret: 'k' }", {}},
          {"provider_keys { key { id: 'pk_2' provider: 'openai' name: 'main' } secret: 'k' }",
           {"provider key \"openai/main\": the name is taken twice within its provider"}},
          {"provider_keys { key { id: 'pk_1' provider: 'openai' name: 'b' } secret: 'k' }",
           {"provider key \"openai/b\": id \"pk_1\" is taken twice"}},
          {"provider_keys { key { provider: 'openai' name: 'b' } secret: 'k' }",
           {"provider key \"openai/b\": id is missing"}},
          {"provider_keys { key { id: 'pk_2' provider: 'gone' name: 'b' } secret: 'k' }",
           {"provider key \"gone/b\": provider \"gone\" does not exist"}},
          {"provider_keys { key { id: 'pk_2' provider: 'openai' name: 'b' } }",
           {"provider key \"openai/b\": the key itself is empty"}},
          {"client_keys { key { id: 'k2' name: 'b' }" + kDigest + "}", {}},
          {"client_keys { key { id: 'k1' name: 'b' }" + kDigest + "}",
           {"client key \"b\": id \"k1\" is taken twice"}},
          {"client_keys { key { name: 'b' }" + kDigest + "}", {"client key \"b\": id is missing"}},
          {"client_keys { key { id: 'k2' name: 'app' }" + kDigest + "}",
           {"client key \"app\": the name is taken twice"}},
          {"client_keys { key { id: 'k2' name: 'app' revoked_at { seconds: 1 } }" + kDigest + "}",
           {}},
          {"client_keys { key { id: 'k2' name: 'b' providers: 'gone' }" + kDigest + "}",
           {"client key \"b\": provider \"gone\" does not exist"}},
          {"client_keys { key { id: 'k2' name: 'b' } sha256: 'short' }",
           {"client key \"b\": sha256 has 5 bytes, but must have 32"}},
          {"client_keys { key { id: 'k2' name: 'b' } }", {"sha256 has 0 bytes"}},
          {"client_keys { key { id: 'k2' name: 'b' } "
           "sha256: '11111111111111111111111111111111' }",
           {"client key \"b\": sha256 is that of another key"}},
      });
}

TEST(CheckConfiguration, FindsEveryViolationNotOnlyTheFirst) {
  const auto configuration = Parse<config::v1::Configuration>(
      "settings { max_header_fields: 1 } providers { name: 'A' preset: 'x' } "
      "provider_keys { } client_keys { }");
  EXPECT_GE(CheckConfiguration(configuration).size(), 10u);
}

TEST(ToStatus, JoinsSentences) {
  EXPECT_TRUE(ToStatus({}).ok());
  const absl::Status status = ToStatus({{"settings", "a is 1"}, {"provider \"x\"", "b is 2"}});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(std::string(status.message()), "settings: a is 1; provider \"x\": b is 2");
}

TEST(ToStatus, FitsIntoAGrpcStatus) {
  const std::vector<Violation> many(1000, {"client key \"x\"", std::string(100, 'r')});
  const std::string message(ToStatus(many).message());
  EXPECT_LT(message.size(), 5000u);
  EXPECT_THAT(message, testing::ContainsRegex("; and [0-9]+ more$"));
}

}  // namespace
}  // namespace sluice::wire
