#include "dataplane/proxy/retry_rules.h"

namespace sluice::proxy {

bool IsRepeatable(const http::RequestHead& head, const config::RetryPolicy& policy) {
  if (head.method == "GET" || head.method == "HEAD" || head.method == "OPTIONS") return true;
  const auto key = head.headers.Find("Idempotency-Key");
  return policy.repeat_unsafe || (key.has_value() && !key->empty());
}

bool MayRepeatAfter(const upstream::Failure& failure, bool repeatable) {
  return failure.nothing_sent || (repeatable && failure.error.code == "upstream_reset");
}

bool IsProviderFailure(int status) {
  return status == 500 || (status >= 502 && status <= 504) || status == 529;
}

}  // namespace sluice::proxy
