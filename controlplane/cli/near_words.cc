#include "controlplane/cli/near_words.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_join.h"
#include "common/base/text.h"

namespace sluice::cli {
namespace {

// Levenshtein, row by row.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::vector<std::string> NearWords(std::string_view word, const std::vector<std::string>& known) {
  constexpr size_t kLongest = 64;  // a word longer than that resembles no command
  constexpr size_t kMost = 3;
  if (word.empty() || word.size() > kLongest) return {};
  const std::string lower = base::Lower(word);
  std::vector<std::pair<size_t, std::string>> found;
  for (const std::string& candidate : known) {
    const size_t distance = EditDistance(lower, base::Lower(candidate));
    const bool close =
        distance <= std::max<size_t>(1, std::max(lower.size(), candidate.size()) / 3);
    const bool begins = lower.size() >= 2 && candidate.starts_with(lower);
    if (close || begins) found.emplace_back(distance, candidate);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> words;
  for (auto& [distance, candidate] : found) {
    if (words.size() < kMost) words.push_back(std::move(candidate));
  }
  return words;
}

std::string DidYouMean(std::string_view word, const std::vector<std::string>& known) {
  const std::vector<std::string> near = NearWords(word, known);
  if (near.empty()) return "";
  return base::Cat("; did you mean \"", absl::StrJoin(near, "\" or \""), "\"?");
}

}  // namespace sluice::cli
