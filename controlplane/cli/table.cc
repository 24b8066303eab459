#include "controlplane/cli/table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "common/base/text.h"

namespace sluice::cli {
namespace {

constexpr size_t kLineWidth = 80;
constexpr size_t kNarrowestLastColumn = 20;
constexpr std::string_view kGap = "  ";

// Code points: good enough an estimate of what a terminal shows.
size_t DisplayWidth(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

// Takes a line of at most `width` off `text`, cut after a space or comma where there is one.
std::string_view TakeLine(std::string_view* text, size_t width) {
  if (text->size() <= width) return std::exchange(*text, {});
  size_t cut = text->substr(0, width).find_last_of(" ,");
  cut = cut == std::string_view::npos || cut == 0 ? std::string_view::npos : cut + 1;
  // A word that does not fit is never cut: an address stays whole for copying.
  if (cut == std::string_view::npos) cut = text->find_first_of(" ,", width);
  cut = cut == std::string_view::npos ? text->size() : cut;
  const std::string_view line = text->substr(0, cut);
  text->remove_prefix(cut);
  *text = base::ToStd(absl::StripLeadingAsciiWhitespace(base::ToAbsl(*text)));
  return base::ToStd(absl::StripTrailingAsciiWhitespace(base::ToAbsl(line)));
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string printable(text);
  for (size_t i = 0; i < printable.size(); ++i) {
    const bool c1_control = printable[i] == '\xC2' && i + 1 < printable.size() &&
                            static_cast<unsigned char>(printable[i + 1]) < 0xA0;
    if (c1_control) printable[i + 1] = '?';
    const bool is_space = printable[i] == '\n' || printable[i] == '\t';
    if (is_space) printable[i] = ' ';
    if (c1_control || absl::ascii_iscntrl(printable[i])) printable[i] = '?';
  }
  return printable;
}

void Table::AddRow(std::vector<std::string> cells) {
  cells.resize(columns_);
  for (std::string& cell : cells) cell = cell.empty() ? "-" : Printable(cell);
  rows_.push_back(std::move(cells));
}

std::vector<size_t> Table::Widths() const {
  std::vector<size_t> widths(columns_, 0);
  for (const std::vector<std::string>& row : rows_) {
    for (size_t i = 0; i < columns_; ++i) widths[i] = std::max(widths[i], DisplayWidth(row[i]));
  }
  return widths;
}

void Table::Print(std::ostream& out) const {
  const std::vector<size_t> widths = Widths();
  size_t indent = 0;
  for (size_t i = 0; i + 1 < columns_; ++i) indent += widths[i] + kGap.size();
  const size_t last_width =
      indent + kNarrowestLastColumn < kLineWidth ? kLineWidth - indent : kNarrowestLastColumn;
  for (const std::vector<std::string>& row : rows_) {
    const bool is_empty =
        std::all_of(row.begin(), row.end(), [](const std::string& cell) { return cell.empty(); });
    if (is_empty) continue;
    for (size_t i = 0; i + 1 < columns_; ++i) {
      const std::string space(widths[i] - DisplayWidth(row[i]), ' ');
      out << (i < first_right_ ? row[i] + space : space + row[i]) << kGap;
    }
    if (columns_ > first_right_) {
      out << std::string(widths.back() - DisplayWidth(row.back()), ' ') << row.back() << '\n';
      continue;
    }
    std::string_view rest = row.back();
    out << TakeLine(&rest, last_width) << '\n';
    while (!rest.empty()) out << std::string(indent, ' ') << TakeLine(&rest, last_width) << '\n';
  }
}

}  // namespace sluice::cli
