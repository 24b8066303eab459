#include "dataplane/proxy/model_check.h"

#include <utility>

#include "common/base/text.h"
#include "dataplane/policy/refusal.h"
#include "dataplane/policy/scope.h"

namespace sluice::proxy {
namespace {

// Why a body of these headers cannot be read; empty: it can.
std::string_view WhyUnreadable(const http::HeaderList& headers) {
  size_t types = 0;
  size_t json_types = 0;
  for (size_t i = 0; i < headers.size(); ++i) {
    const http::HeaderList::Field field = headers[i];
    const std::string_view value = base::Stripped(field.value);
    if (http::NameEquals(field.name, "content-encoding") && !http::NameEquals(value, "identity")) {
      return "its body has a Content-Encoding";
    }
    if (!http::NameEquals(field.name, "content-type")) continue;
    ++types;
    const std::string_view type = base::Stripped(value.substr(0, value.find(';')));
    if (http::NameEquals(type, "application/json")) ++json_types;
  }
  return types == 1 && json_types == 1 ? "" : "its body is not application/json";
}

}  // namespace

ModelCheck::ModelCheck(const http::RequestHead& head, const policy::Route& route) : route_(route) {
  const auto model = policy::ModelInEndpoint(route_.endpoint);
  if (model.has_value() && !policy::MayUseModel(*route_.client_key, *model)) {
    Refuse(policy::ModelNotPermitted(*model));
    return;
  }
  in_path_ = model.has_value();
  const bool has_body = head.framing.has_body();
  const std::string_view unreadable = has_body ? WhyUnreadable(head.headers) : "it names none";
  reads_body_ = unreadable.empty();
  if (reads_body_) return;
  if (in_path_) {
    verdict_ = Verdict::kAllowed;
  } else {
    Refuse(policy::ModelUnreadable(unreadable));
  }
}

void ModelCheck::Take(std::string_view bytes) {
  if (verdict_ == Verdict::kRefused) return;
  if (verdict_ == Verdict::kMore) held_.append(bytes);
  if (!reads_body_) return;
  scan_.Feed(bytes);
  Judge();
  if (verdict_ != Verdict::kMore || held_.size() <= kMostHeld) return;
  if (in_path_) {
    verdict_ = Verdict::kAllowed;
  } else {
    Refuse(policy::ModelUnreadable("it does not stand in the first 1 MiB of its body"));
  }
}

void ModelCheck::TakeEnd() {
  if (verdict_ == Verdict::kRefused || !reads_body_) return;
  if (!scan_.complete()) return Refuse(policy::ModelUnreadable("its body is not a JSON object"));
  if (judged_) return;
  if (!in_path_) return Refuse(policy::ModelUnreadable("its body names none"));
  verdict_ = Verdict::kAllowed;
}

void ModelCheck::Judge() {
  if (!scan_.fault().empty()) return Refuse(policy::ModelUnreadable(scan_.fault()));
  if (judged_ || !scan_.model().has_value()) return;
  judged_ = true;
  if (!policy::MayUseModel(*route_.client_key, *scan_.model())) {
    return Refuse(policy::ModelNotPermitted(*scan_.model()));
  }
  verdict_ = Verdict::kAllowed;
}

void ModelCheck::Refuse(http::GatewayError error) {
  verdict_ = Verdict::kRefused;
  refusal_ = std::move(error);
  held_.clear();
}

}  // namespace sluice::proxy
