#include "dataplane/proxy/metering.h"

#include <chrono>
#include <utility>

namespace sluice::proxy {
namespace {

catalog::UsageDialect DialectOf(const policy::Route& route) {
  for (const catalog::UsageRule& rule : route.provider->usage) {
    if (route.endpoint.starts_with(rule.prefix)) return rule.dialect;
  }
  return catalog::UsageDialect::kNone;
}

}  // namespace

observe::UsageQuality QualityOf(meter::Quality quality) {
  switch (quality) {
    case meter::Quality::kComplete:
      return observe::UsageQuality::kComplete;
    case meter::Quality::kPartial:
      return observe::UsageQuality::kPartial;
    case meter::Quality::kEstimated:
      return observe::UsageQuality::kEstimated;
    case meter::Quality::kUnmetered:
      break;
  }
  return observe::UsageQuality::kUnmetered;
}

namespace {

void Charge(const config::ClientKeyEntry& key, int64_t tokens) {
  if (key.terms == nullptr || !key.terms->tokens.has_value()) return;
  key.guard->tokens.Spend(*key.terms->tokens, tokens, std::chrono::steady_clock::now());
}

}  // namespace

bool IsMetered(std::string_view method, int status) {
  return method == "POST" && status >= 200 && status < 300;
}

void Metering::Begin(const policy::Route& route, std::string_view method,
                     const http::ResponseHead& head, meter::DecodingBudget& budget) {
  metered_ = IsMetered(method, head.status);
  if (!metered_) return;
  const catalog::UsageDialect dialect = DialectOf(route);
  const meter::AnswerForm form = meter::FormOf(head.headers);
  if (meter::UsageTap::CanRead(dialect, form)) tap_.emplace(dialect, form, budget);
}

meter::Usage Metering::End(const policy::Route& route, bool whole, observe::UsageCounts& counts) {
  meter::Usage usage;
  if (!std::exchange(metered_, false)) return usage;
  if (tap_.has_value()) usage = tap_->End(whole);
  tap_.reset();
  counts.Add(route.provider->name, usage.input, usage.output, QualityOf(usage.quality));
  Charge(*route.client_key, usage.input + usage.output);
  return usage;
}

}  // namespace sluice::proxy
