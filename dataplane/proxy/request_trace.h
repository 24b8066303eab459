// The part of one request in its trace, where tracing is on. Values; one worker.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "dataplane/config/snapshot.h"
#include "dataplane/http/header_list.h"
#include "dataplane/http/trace_context.h"
#include "dataplane/observe/request_record.h"
#include "dataplane/policy/upstream_headers.h"

namespace sluice::proxy {

class RequestTrace {
 public:
  // Goes on with the trace of the client's `traceparent`, whose flag then says whether it is
  // sampled; begins one if there is none that can be read. `share`: of traces begun here those that
  // are sampled, 0 to 1.
  RequestTrace(const http::HeaderList& headers, double share);

  bool sampled() const { return upstream_.sampled(); }
  // For the provider: the span of what goes to it, in the same trace with the same flags.
  const policy::TraceFields& fields() const { return fields_; }
  // For the record. `provider`: null if it is not known.
  std::shared_ptr<const observe::TraceNote> Note(std::string request_model,
                                                 std::string response_model,
                                                 const config::ProviderEntry* provider) const;

 private:
  http::TraceContext upstream_;
  http::SpanId span_id_{};
  std::optional<http::SpanId> parent_id_;
  policy::TraceFields fields_;
};

}  // namespace sluice::proxy
