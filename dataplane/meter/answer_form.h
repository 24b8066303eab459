// How the body of an answer has to be read, by its head. Pure.
#pragma once

#include "dataplane/http/header_list.h"

namespace sluice::meter {

enum class Layout {
  kNone,    // binary, or nobody knows
  kJson,    // one text of JSON
  kLines,   // JSON, one text a line
  kEvents,  // server-sent events
};

enum class Coding { kIdentity, kGzip, kDeflate, kBrotli, kZstd, kUnknown };

struct AnswerForm {
  Layout layout = Layout::kNone;
  Coding coding = Coding::kIdentity;

  bool operator==(const AnswerForm&) const = default;
  bool readable() const { return layout != Layout::kNone && coding != Coding::kUnknown; }
};

// By Content-Type and Content-Encoding. More than one coding is kUnknown.
AnswerForm FormOf(const http::HeaderList& headers);

}  // namespace sluice::meter
