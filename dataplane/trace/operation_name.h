// Which operation a request asks of a model, in the words of OpenTelemetry's GenAI conventions.
// Pure.
#pragma once

#include <string_view>

namespace sluice::trace {

// "chat", "text_completion", "embeddings" or "generate_content"; empty: nothing that has a name
// there. `path`: of the request, without its query.
std::string_view OperationOf(std::string_view method, std::string_view path);

}  // namespace sluice::trace
