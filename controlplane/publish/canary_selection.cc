#include "controlplane/publish/canary_selection.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "absl/strings/numbers.h"
#include "common/base/text.h"
#include "common/crypto/digest.h"

namespace sluice::publish {
namespace {

int64_t NumberOf(const std::string& node) {
  const crypto::Sha256Digest digest = crypto::Sha256(node);
  return (int64_t{digest[0]} << 24) | (digest[1] << 16) | (digest[2] << 8) | digest[3];
}

std::optional<double> Percentage(const std::string& text) {
  double value = 0;
  if (!text.ends_with('%') || !absl::SimpleAtod(text.substr(0, text.size() - 1), &value)) {
    return std::nullopt;
  }
  if (!(value > 0 && value < 100)) return std::nullopt;
  return value;
}

bool HasLabel(std::string_view selector, const Labels& labels) {
  const size_t equals = selector.find('=');
  const auto found = labels.find(std::string(selector.substr(0, equals)));
  return found != labels.end() && found->second == selector.substr(equals + 1);
}

int64_t ThresholdFor(double percent, const std::vector<admin::v1::Node>& nodes) {
  std::vector<int64_t> numbers;
  for (const admin::v1::Node& node : nodes) {
    if (node.connected()) numbers.push_back(NumberOf(node.id()));
  }
  if (numbers.empty()) return -1;
  std::sort(numbers.begin(), numbers.end());
  const auto count = static_cast<size_t>(static_cast<double>(numbers.size()) * percent / 100);
  return numbers[std::max<size_t>(count, 1) - 1];
}

}  // namespace

bool IsCanary(const store::RolloutTerms& terms, const std::string& node, const Labels& labels) {
  if (terms.selector.ends_with('%')) return NumberOf(node) <= terms.threshold;
  return HasLabel(terms.selector, labels);
}

absl::StatusOr<store::RolloutTerms> ChooseTerms(const std::string& selector,
                                                const std::string& max_errors,
                                                const std::vector<admin::v1::Node>& nodes) {
  store::RolloutTerms terms;
  terms.selector = selector;
  const std::optional<double> percent = Percentage(selector);
  const size_t equals = selector.find('=');
  if (!percent && (equals == std::string::npos || equals == 0 || selector.size() > 256)) {
    return absl::InvalidArgumentError(
        base::Cat("the canary selector \"", base::Escaped(selector),
                  "\" is neither LABEL=VALUE nor a percentage between 0% and 100%"));
  }
  if (percent) terms.threshold = ThresholdFor(*percent, nodes);
  if (!max_errors.empty()) {
    const std::optional<double> errors = Percentage(max_errors);
    if (!errors) {
      return absl::InvalidArgumentError(base::Cat("the limit of errors \"",
                                                  base::Escaped(max_errors),
                                                  "\" is not a percentage between 0% and 100%"));
    }
    terms.max_error_percent = *errors;
  }
  const bool any = std::any_of(nodes.begin(), nodes.end(), [&](const admin::v1::Node& node) {
    return node.connected() && IsCanary(terms, node.id(), node.labels());
  });
  if (any) return terms;
  return absl::FailedPreconditionError(
      base::Cat("no connected node is a canary by \"", base::Escaped(selector),
                "\": nothing would show whether the change is good"));
}

}  // namespace sluice::publish
