// For client keys that may only use certain models: finds out which one a request is for before it
// goes anywhere, and goes on looking while its body passes, so that a second one is found too.
//
//   body looked at  up to kMostHeld bytes are held until the model is known
//   refused         whatever names no model that can be read, or one that the key may not use
//
// One worker's; owned by its exchange.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dataplane/http/gateway_error.h"
#include "dataplane/http/message.h"
#include "dataplane/policy/admission.h"
#include "dataplane/policy/model_scan.h"

namespace sluice::proxy {

class ModelCheck {
 public:
  enum class Verdict { kMore, kAllowed, kRefused };

  // `route` must outlive the object.
  ModelCheck(const http::RequestHead& head, const policy::Route& route);

  // What is known so far; kMore: the body must be seen first.
  Verdict verdict() const { return verdict_; }
  // Of kRefused.
  const http::GatewayError& refusal() const { return *refusal_; }

  // While kMore the bytes are held. Once allowed they are only looked at: kRefused can still come.
  void Take(std::string_view bytes);
  void TakeEnd();
  // That the body names, as far as it was seen; empty: none so far.
  std::string_view body_model() const {
    return scan_.model().has_value() ? std::string_view(*scan_.model()) : std::string_view();
  }
  // What was held, once, when it is allowed.
  std::string TakeHeld() { return std::move(held_); }

 private:
  static constexpr size_t kMostHeld = size_t{1} << 20;

  void Judge();
  void Refuse(http::GatewayError error);

  const policy::Route& route_;
  bool in_path_ = false;  // the path names a model that the key may use
  bool reads_body_ = false;
  policy::ModelScan scan_;
  bool judged_ = false;  // the model of the body was found good
  std::string held_;
  Verdict verdict_ = Verdict::kMore;
  std::optional<http::GatewayError> refusal_;
};

}  // namespace sluice::proxy
