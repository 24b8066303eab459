#include "dataplane/observe/access_line.h"

#include <array>
#include <charconv>

#include "absl/time/time.h"
#include "dataplane/http/json_text.h"

namespace sluice::observe {
namespace {

constexpr size_t kMostPathBytes = 1024;
constexpr size_t kUsualBytes = 768;
constexpr std::array<std::string_view, kUsageQualities> kQualities = {"complete", "partial",
                                                                      "estimated", "unmetered"};

std::string_view SideName(http::Side side) {
  switch (side) {
    case http::Side::kGateway:
      return "gateway";
    case http::Side::kDownstream:
      return "downstream";
    case http::Side::kUpstream:
      break;
  }
  return "upstream";
}

void AppendDigits(int64_t value, size_t width, std::string* out) {
  const size_t begin = out->size();
  out->resize(begin + width, '0');
  for (size_t i = width; i > 0 && value > 0; --i, value /= 10) {
    (*out)[begin + i - 1] = static_cast<char>('0' + value % 10);
  }
}

// RFC 3339 in UTC with microseconds, as absl::FormatTime writes it, which would be a good part of a
// line's work.
std::string TimeText(absl::Time time) {
  const absl::TimeZone::CivilInfo at = absl::UTCTimeZone().At(time);
  std::string text;
  AppendDigits(at.cs.year(), 4, &text);
  AppendDigits(at.cs.month(), 2, &(text += '-'));
  AppendDigits(at.cs.day(), 2, &(text += '-'));
  AppendDigits(at.cs.hour(), 2, &(text += 'T'));
  AppendDigits(at.cs.minute(), 2, &(text += ':'));
  AppendDigits(at.cs.second(), 2, &(text += ':'));
  AppendDigits(absl::ToInt64Microseconds(at.subsecond), 6, &(text += '.'));
  return text += 'Z';
}

class Line {
 public:
  Line() {
    text_.reserve(kUsualBytes);
    text_.push_back('{');
  }
  void Text(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    Name(name);
    text_ += '"';
    http::AppendJsonText(value, text_);
    text_ += '"';
  }
  void Number(std::string_view name, int64_t value) {
    Name(name);
    char digits[20];
    text_.append(digits, std::to_chars(digits, digits + sizeof(digits), value).ptr);
  }
  void Number(std::string_view name, std::optional<int64_t> value) {
    if (value.has_value()) Number(name, *value);
  }
  std::string Take() && { return std::move(text_) + "}\n"; }

 private:
  void Name(std::string_view name) {
    text_.append(text_.size() == 1 ? "\"" : ",\"").append(name).append("\":");
  }

  std::string text_;
};

}  // namespace

std::string AccessLine(const RequestRecord& record, std::string_view node) {
  Line line;
  line.Text("time", TimeText(record.ended_at));
  line.Text("request_id", record.request_id);
  line.Text("upstream_request_id", record.upstream_request_id);
  line.Text("node", node);
  line.Number("revision", record.revision);
  line.Text("client_key", record.client_key_id);
  line.Text("provider", record.provider);
  line.Text("provider_key", record.provider_key_id);
  line.Text("model", record.model);
  line.Text("method", record.method);
  line.Text("path", std::string_view(record.path).substr(0, kMostPathBytes));
  line.Number("status", record.outcome.status);
  if (record.outcome.failed.has_value()) line.Text("side", SideName(*record.outcome.failed));
  line.Text("reason", record.reason);
  line.Number("tries", record.tries);
  line.Number("bytes_up", static_cast<int64_t>(record.outcome.bytes_up));
  line.Number("bytes_down", static_cast<int64_t>(record.outcome.bytes_down));
  line.Number("admitted_us", record.times.admitted);
  line.Number("connect_us", record.times.connect);
  line.Number("first_byte_us", record.times.first_byte);
  line.Number("total_us", record.times.total);
  line.Text("quality", kQualities[static_cast<size_t>(record.quality)]);
  if (record.quality != UsageQuality::kUnmetered) {
    line.Number("input_tokens", record.tokens.input);
    line.Number("output_tokens", record.tokens.output);
    line.Number("cached_tokens", record.tokens.cached);
    line.Number("cache_write_tokens", record.tokens.cache_write);
    line.Number("reasoning_tokens", record.tokens.reasoning);
  }
  line.Number("cost_nanos", record.tokens.cost_nanos);
  return std::move(line).Take();
}

}  // namespace sluice::observe
