#include "dataplane/meter/answer_form.h"

#include <string_view>

namespace sluice::meter {
namespace {

std::string_view Trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() > end.size() && http::NameEquals(text.substr(text.size() - end.size()), end);
}

Layout LayoutOf(std::string_view type) {
  type = Trim(type.substr(0, type.find(';')));
  if (http::NameEquals(type, "text/event-stream")) return Layout::kEvents;
  for (const std::string_view lines :
       {"application/x-ndjson", "application/ndjson", "application/jsonl",
        "application/x-jsonlines", "application/jsonlines"}) {
    if (http::NameEquals(type, lines)) return Layout::kLines;
  }
  const bool json = http::NameEquals(type, "application/json") ||
                    http::NameEquals(type, "text/json") || EndsWith(type, "+json");
  return json ? Layout::kJson : Layout::kNone;
}

Coding CodingOf(std::string_view name) {
  name = Trim(name);
  if (name.empty() || http::NameEquals(name, "identity")) return Coding::kIdentity;
  if (http::NameEquals(name, "gzip") || http::NameEquals(name, "x-gzip")) return Coding::kGzip;
  if (http::NameEquals(name, "deflate")) return Coding::kDeflate;
  if (http::NameEquals(name, "br")) return Coding::kBrotli;
  if (http::NameEquals(name, "zstd")) return Coding::kZstd;
  return Coding::kUnknown;
}

}  // namespace

AnswerForm FormOf(const http::HeaderList& headers) {
  AnswerForm form;
  form.layout = LayoutOf(headers.Find("Content-Type").value_or(""));
  for (size_t i = 0; i < headers.size(); ++i) {
    const http::HeaderList::Field field = headers[i];
    if (!http::NameEquals(field.name, "Content-Encoding")) continue;
    const Coding coding = CodingOf(field.value);
    if (coding == Coding::kIdentity) continue;
    form.coding = form.coding == Coding::kIdentity ? coding : Coding::kUnknown;
  }
  return form;
}

}  // namespace sluice::meter
