// TopText of top_view.h.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_split.h"
#include "common/base/text.h"
#include "controlplane/cli/duration_text.h"
#include "controlplane/cli/table.h"
#include "controlplane/cli/top_view.h"

namespace sluice::cli {
namespace {

using admin::v1::Activity;

constexpr size_t kColumns = 80;

// "0.4", "120", "12.3k", "4.5M".
std::string CountText(double count) {
  if (count >= 1e6) return fmt::format("{:.1f}M", count / 1e6);
  if (count >= 1e4) return fmt::format("{:.1f}k", count / 1e3);
  return fmt::format("{:.{}f}", count, count < 100 ? 1 : 0);
}

std::string RateText(int64_t count, int seconds) {
  return CountText(static_cast<double>(count) / std::max(1, seconds));
}

std::string PercentText(int64_t part, int64_t whole) {
  if (whole == 0) return "-";
  const double percent = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  return part > 0 && percent < 0.1 ? "<0.1%" : fmt::format("{:.1f}%", percent);
}

// "0.8ms", "12ms", "1.23s", "95s".
std::string LatencyText(int64_t microseconds) {
  if (microseconds == 0) return "-";
  const double millis = static_cast<double>(microseconds) / 1000;
  if (millis < 1000) return fmt::format("{:.{}f}ms", millis, millis < 10 ? 1 : 0);
  return fmt::format("{:.{}f}s", millis / 1000, millis < 10'000 ? 2 : 0);
}

// In an hour; with "?" where some of it is not known.
std::string CostText(const Activity& activity, int seconds) {
  if (activity.cost_nanos() == 0) {
    if (activity.unpriced_requests() > 0) return "?";
    return activity.tokens() == 0 ? "-" : "$0.00";
  }
  const double dollars =
      static_cast<double>(activity.cost_nanos()) / 1e9 * 3600 / std::max(1, seconds);
  const std::string text =
      dollars < 0.005 ? "<$0.01"
                      : "$" + (dollars < 1e4 ? fmt::format("{:.2f}", dollars) : CountText(dollars));
  return activity.unpriced_requests() > 0 ? text + "?" : text;
}

std::string KeyText(const Activity& key) {
  if (!key.client_key_name().empty()) return key.client_key_name();
  return key.name().empty() ? "(none)" : key.name();
}

std::string Shown(const std::string& name, size_t most) {
  std::string text = name.empty() ? "(none)" : Printable(name);
  if (text.size() <= most) return text;
  size_t cut = most - 1;
  while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;
  return text.substr(0, cut) + "~";
}

// Rows of one table; the first is the header, without how many there are.
struct Block {
  std::string title;
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
  size_t shown = 0;
};

std::string RevisionText(const TopNode& node) {
  if (node.state == "unknown") return "-";
  return node.behind == 0 ? base::Cat(node.revision) : base::Cat(node.behind, " behind");
}

Block NodeBlock(const TopView& view) {
  Block block{"NODE", {"STATE", "REVISION", "REQ/S", "FAILED", "P50", "P95"}, {}};
  for (const TopNode& node : view.nodes) {
    const Activity& did = node.activity;
    block.rows.push_back({Shown(node.id, 22), node.state, RevisionText(node),
                          RateText(did.requests(), view.seconds),
                          PercentText(did.failed(), did.requests()),
                          LatencyText(did.duration_p50_us()), LatencyText(did.duration_p95_us())});
  }
  return block;
}

Block ProviderBlock(const TopView& view) {
  Block block{
      "PROVIDER", {"REQ/S", "FAILED", "UPSTR", "1ST P50", "P95", "TOK/S", "COST/H", "KEYS"}, {}};
  for (const TopProvider& provider : view.providers) {
    const Activity& did = provider.activity;
    block.rows.push_back(
        {Shown(did.name(), 16), RateText(did.requests(), view.seconds),
         PercentText(did.failed(), did.requests()),
         PercentText(did.failed_upstream(), did.requests()), LatencyText(did.first_byte_p50_us()),
         LatencyText(did.first_byte_p95_us()), RateText(did.tokens(), view.seconds),
         CostText(did, view.seconds), base::Cat(provider.healthy_keys, "/", provider.keys)});
  }
  return block;
}

Block KeyBlock(const TopView& view) {
  Block block{"CLIENT KEY", {"REQ/S", "FAILED", "TOK/S", "COST/H"}, {}};
  for (const Activity& key : view.client_keys) {
    block.rows.push_back({Shown(KeyText(key), 36), RateText(key.requests(), view.seconds),
                          PercentText(key.failed(), key.requests()),
                          RateText(key.tokens(), view.seconds), CostText(key, view.seconds)});
  }
  return block;
}

// `room`: rows of all blocks together. Each gets one at a time, as long as it has more.
void ShareRoom(std::array<Block, 3>* blocks, size_t room) {
  bool given = true;
  while (room > 0 && given) {
    given = false;
    for (Block& block : *blocks) {
      if (room == 0 || block.shown == block.rows.size()) continue;
      ++block.shown;
      --room;
      given = true;
    }
  }
}

std::string HeaderLines(const TopView& view) {
  const Activity& all = view.total;
  return fmt::format(
      "{}  revision {}  {} node{} connected, {} behind  last {} s\n"
      "{} req/s  {} failed  {} tokens/s  {} an hour\n",
      TimeText(view.until), view.revision, view.connected, view.connected == 1 ? "" : "s",
      view.behind, view.seconds, RateText(all.requests(), view.seconds),
      PercentText(all.failed(), all.requests()), RateText(all.tokens(), view.seconds),
      CostText(all, view.seconds));
}

// Names and words at the left, numbers at the right.
std::string BlockLines(const Block& block, size_t words) {
  std::vector<std::vector<std::string>> lines;
  lines.push_back(block.header);
  const bool all = block.shown == block.rows.size();
  lines[0].insert(lines[0].begin(),
                  all ? block.title
                      : base::Cat(block.title, " (", block.shown, " of ", block.rows.size(), ")"));
  lines.insert(lines.end(), block.rows.begin(),
               block.rows.begin() + static_cast<std::ptrdiff_t>(block.shown));
  std::vector<size_t> widths(lines[0].size());
  for (const auto& line : lines) {
    for (size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  size_t width = 2 * (widths.size() - 1);
  for (const size_t one : widths) width += one;
  const size_t between = width <= kColumns ? 2 : 1;
  std::string text = "\n";
  for (const auto& line : lines) {
    std::string row;
    for (size_t i = 0; i < line.size(); ++i) {
      if (i > 0) row += std::string(between, ' ');
      row += i < words ? fmt::format("{:<{}}", line[i], widths[i])
                       : fmt::format("{:>{}}", line[i], widths[i]);
    }
    text += row.substr(0, kColumns) + "\n";
  }
  return text;
}

}  // namespace

std::string TopText(const TopView& view, int height) {
  std::array<Block, 3> blocks = {NodeBlock(view), ProviderBlock(view), KeyBlock(view)};
  // The first lines, an empty line and a header for each table, and the cursor's line.
  constexpr int kTaken = 2 + 3 * 2 + 1;
  size_t room = 0;
  for (const Block& block : blocks) room += block.rows.size();
  if (height > 0) room = std::min(room, static_cast<size_t>(std::max(0, height - kTaken)));
  ShareRoom(&blocks, room);
  return HeaderLines(view) + BlockLines(blocks[0], 2) + BlockLines(blocks[1], 1) +
         BlockLines(blocks[2], 1);
}

}  // namespace sluice::cli
