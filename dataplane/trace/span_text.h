// Requests as spans, in the JSON of OTLP: what a record says, and nothing else. No query, no value
// of a header, no key. Pure.
//
//   SERVER  one for each request: the gateway's answer to its client
//   CLIENT  its child, if anything was sent to a provider: from there to the request's end, all
//           tries together
//
// Names of attributes: OpenTelemetry's semantic conventions, 1.37.0; what those have no name for
// begins with "sluice.".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dataplane/observe/request_record.h"

namespace sluice::trace {

// Who tells: the same for all spans of a process.
struct Resource {
  std::string node;
  std::string version;
};

// Of a record with a trace; the SERVER span first. Each is one JSON object.
std::vector<std::string> SpanTexts(const observe::RequestRecord& record, std::string_view node);

// The body of an export: an ExportTraceServiceRequest.
std::string ExportText(const Resource& resource, const std::vector<std::string>& spans);

}  // namespace sluice::trace
