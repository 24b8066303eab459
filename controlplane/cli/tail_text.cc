#include "controlplane/cli/tail_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/base/text.h"
#include "controlplane/cli/table.h"

namespace sluice::cli {
namespace {

using Json = nlohmann::json;

constexpr int kNode = 8;
constexpr int kKey = 10;
constexpr int kProvider = 8;
constexpr int kRequest = 23;

std::string TextOf(const Json& line, const char* name) {
  const auto found = line.find(name);
  if (found == line.end() || !found->is_string()) return "";
  return Printable(found->get_ref<const std::string&>());
}

std::string NumberText(const Json& line, const char* name) {
  const auto found = line.find(name);
  if (found == line.end() || !found->is_number_integer()) return "-";
  return base::Cat(found->get<int64_t>());
}

// "0.8", "12", "1234".
std::string MillisText(const Json& line, const char* name) {
  const auto found = line.find(name);
  if (found == line.end() || !found->is_number()) return "-";
  const double millis = found->get<double>() / 1000;
  return fmt::format("{:.{}f}", millis, millis < 10 ? 1 : 0);
}

bool Continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// At most `most` bytes, cut at whole characters; "~" stands for what is left out.
std::string Beginning(std::string text, size_t most) {
  if (text.empty()) return "-";
  if (text.size() <= most) return text;
  size_t cut = most - 1;
  while (cut > 0 && Continues(text[cut])) --cut;
  return text.substr(0, cut) + "~";
}

std::string End(std::string text, size_t most) {
  if (text.size() <= most) return text;
  size_t cut = text.size() - (most - 1);
  while (cut < text.size() && Continues(text[cut])) ++cut;
  return "~" + text.substr(cut);
}

// "POST chat/completions": without what the column of the provider says.
std::string RequestText(const Json& line) {
  const std::string method = Beginning(TextOf(line, "method"), 8);
  std::string path = TextOf(line, "path");
  const std::string begin = base::Cat("/p/", TextOf(line, "provider"), "/");
  if (line.contains("provider") && path.starts_with(begin)) path = path.substr(begin.size());
  if (path.empty()) return method;
  return base::Cat(method, " ", End(std::move(path), kRequest - method.size() - 1));
}

// The clock's time of "2026-01-31T12:00:00.250000Z".
std::string TimeText(const Json& line) {
  const std::string time = TextOf(line, "time");
  return time.size() >= 19 ? time.substr(11, 8) : "-";
}

std::string TokensText(const Json& line) {
  if (!line.contains("input_tokens") && !line.contains("output_tokens")) return "-";
  return base::Cat(NumberText(line, "input_tokens"), "/", NumberText(line, "output_tokens"));
}

std::string Row(const std::string& time, const std::string& node, const std::string& key,
                const std::string& provider, const std::string& request, const std::string& status,
                const std::string& total, const std::string& first, const std::string& tokens,
                const std::string& side) {
  std::string row =
      fmt::format("{:<8} {:<{}} {:<{}} {:<{}} {:<{}} {:>3} {:>6} {:>6} {:>9}", time, node, kNode,
                  key, kKey, provider, kProvider, request, kRequest, status, total, first, tokens);
  if (!side.empty()) row += " " + side;
  return row + "\n";
}

}  // namespace

std::string TailHeader() {
  return Row("TIME", "NODE", "KEY", "PROVIDER", "REQUEST", "ST", "MS", "1ST MS", "IN/OUT", "");
}

std::string TailLineText(std::string_view json) {
  const Json line = Json::parse(json, nullptr, false);
  if (!line.is_object()) return Printable(json) + "\n";
  return Row(TimeText(line), Beginning(TextOf(line, "node"), kNode),
             Beginning(TextOf(line, "client_key"), kKey),
             Beginning(TextOf(line, "provider"), kProvider), RequestText(line),
             NumberText(line, "status"), MillisText(line, "total_us"),
             MillisText(line, "first_byte_us"), TokensText(line), TextOf(line, "side"));
}

}  // namespace sluice::cli
