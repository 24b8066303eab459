#include "common/base/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <optional>
#include <utility>

#include "common/base/text.h"

namespace sluice::base {
namespace {

constexpr char kMessageFlag = '*';
constexpr char kPattern[] = "%Y-%m-%dT%H:%M:%S.%eZ %l %n: %*";

// The message with its control characters escaped: what a peer sent cannot forge a line.
class OneLine : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    static constexpr char kHex[] = "0123456789abcdef";
    for (const char c : message.payload) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte >= 0x20 && byte != 0x7f) {
        out.push_back(c);
        continue;
      }
      const char escaped[] = {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
      out.append(escaped, escaped + sizeof(escaped));
    }
  }

  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<OneLine>();
  }
};

std::optional<spdlog::level::level_enum> LevelOf(const std::string& level) {
  if (level == "debug") return spdlog::level::debug;
  if (level == "info") return spdlog::level::info;
  if (level == "warning") return spdlog::level::warn;
  if (level == "error") return spdlog::level::err;
  return std::nullopt;
}

}  // namespace

absl::Status StartLogging(const std::string& program, const std::string& level) {
  const std::optional<spdlog::level::level_enum> wanted = LevelOf(level);
  if (!wanted) {
    return absl::InvalidArgumentError(
        Cat("the log level \"", level, "\" is not one of debug, info, warning and error"));
  }
  auto formatter =
      std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc, "\n");
  formatter->add_flag<OneLine>(kMessageFlag).set_pattern(kPattern);
  auto logger =
      std::make_shared<spdlog::logger>(program, std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_formatter(std::move(formatter));
  logger->set_level(*wanted);
  spdlog::set_default_logger(std::move(logger));
  return absl::OkStatus();
}

}  // namespace sluice::base
