#include "common/wire/settings.h"

#include <gtest/gtest.h>

#include "absl/time/time.h"

namespace sluice::wire {
namespace {

absl::Duration Of(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

TEST(DefaultSettings, AreTheDocumentedOnes) {
  const config::v1::Settings settings = DefaultSettings();
  EXPECT_TRUE(settings.enable_passthrough_routes());
  EXPECT_TRUE(settings.allow_passthrough_v1_alias());
  EXPECT_EQ(settings.max_request_line_bytes(), 16384);
  EXPECT_EQ(settings.max_header_bytes(), 65536);
  EXPECT_EQ(settings.max_header_fields(), 128);
  EXPECT_EQ(settings.max_body_bytes(), 1073741824);
  EXPECT_EQ(settings.buffer_high_bytes(), 262144);
  EXPECT_EQ(settings.buffer_low_bytes(), 65536);
  EXPECT_EQ(Of(settings.header_timeout()), absl::Seconds(10));
  EXPECT_EQ(Of(settings.body_idle_timeout()), absl::Seconds(30));
  EXPECT_EQ(Of(settings.keep_alive_timeout()), absl::Seconds(75));
  EXPECT_EQ(Of(settings.write_stall_timeout()), absl::Seconds(60));
  EXPECT_EQ(Of(settings.timeouts().connect()), absl::Seconds(5));
  EXPECT_EQ(Of(settings.timeouts().first_byte()), absl::Seconds(600));
  EXPECT_EQ(Of(settings.timeouts().stream_idle()), absl::Seconds(300));
}

// A field that is added to the proto without a default is found here.
void ExpectEveryFieldSet(const google::protobuf::Message& message) {
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const google::protobuf::FieldDescriptor* field = message.GetDescriptor()->field(i);
    EXPECT_TRUE(message.GetReflection()->HasField(message, field)) << field->full_name();
  }
}

TEST(DefaultSettings, LeaveNoFieldAbsent) {
  ExpectEveryFieldSet(DefaultSettings());
  ExpectEveryFieldSet(DefaultSettings().timeouts());
}

TEST(WithDefaults, KeepsWhatIsGivenEvenIfItIsZero) {
  config::v1::Settings given;
  given.set_enable_passthrough_routes(false);
  given.set_max_body_bytes(0);
  given.mutable_header_timeout()->set_nanos(500'000'000);
  given.mutable_timeouts()->mutable_connect()->set_seconds(1);
  const config::v1::Settings filled = WithDefaults(given);
  EXPECT_FALSE(filled.enable_passthrough_routes());
  EXPECT_EQ(filled.max_body_bytes(), 0);
  EXPECT_EQ(Of(filled.header_timeout()), absl::Milliseconds(500));
  EXPECT_EQ(Of(filled.timeouts().connect()), absl::Seconds(1));
  EXPECT_EQ(Of(filled.timeouts().first_byte()), absl::Seconds(600));
  EXPECT_EQ(filled.max_header_fields(), 128);
  ExpectEveryFieldSet(filled);
}

}  // namespace
}  // namespace sluice::wire
