#include "tests/support/emulator/message.h"

#include "tests/support/emulator/text.h"

namespace sluice::emulator {
namespace {

std::string_view WithoutLineEnd(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

bool ParseRequestLine(std::string_view line, RequestHead& head) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == 0 || last == first) return false;
  head.method = line.substr(0, first);
  head.target = line.substr(first + 1, last - first - 1);
  head.version = line.substr(last + 1);
  return !head.target.empty() && head.version.starts_with("HTTP/1.");
}

void ParseField(std::string_view line, RequestHead& head) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) {
    head.flags.push_back("field_without_colon");
    return;
  }
  head.fields.push_back(
      {std::string(line.substr(0, colon)), std::string(Trim(line.substr(colon + 1)))});
}

void NoteOddities(RequestHead& head) {
  if (head.Find("Content-Length") && head.Find("Transfer-Encoding")) {
    head.flags.push_back("both_content_length_and_transfer_encoding");
  }
  int hosts = 0;
  for (const Field& field : head.fields) hosts += SameName(field.name, "Host");
  if (hosts != 1) head.flags.push_back(hosts == 0 ? "host_missing" : "host_repeated");
  for (std::string_view prefix : {"slk_", "sla_", "slj_"}) {
    if (Contains(head.raw, prefix)) head.flags.push_back("gateway_credential_leaked");
  }
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<std::string_view> RequestHead::Find(std::string_view name) const {
  for (const Field& field : fields) {
    if (SameName(field.name, name)) return field.value;
  }
  return std::nullopt;
}

bool RequestHead::HasToken(std::string_view name, std::string_view token) const {
  for (const Field& field : fields) {
    if (!SameName(field.name, name)) continue;
    for (std::string_view part : Split(field.value, ",")) {
      if (SameName(Trim(part), token)) return true;
    }
  }
  return false;
}

std::string_view RequestHead::Path() const {
  return std::string_view(target).substr(0, target.find('?'));
}

size_t HeadSize(std::string_view bytes) {
  const size_t crlf = bytes.find("\r\n\r\n");
  const size_t lf = bytes.substr(0, crlf).find("\n\n");
  if (crlf == std::string_view::npos && lf == std::string_view::npos) return 0;
  return crlf < lf ? crlf + 4 : lf + 2;
}

std::optional<RequestHead> ParseHead(std::string_view raw) {
  RequestHead head;
  head.raw = raw;
  bool first = true;
  for (std::string_view line : Split(raw, "\n")) {
    if (line.empty()) continue;
    if (line.back() != '\r') head.flags.push_back("bare_line_feed");
    line = WithoutLineEnd(line);
    if (line.empty()) continue;
    if (!first) {
      ParseField(line, head);
    } else if (!ParseRequestLine(line, head)) {
      return std::nullopt;
    }
    first = false;
  }
  if (first) return std::nullopt;
  NoteOddities(head);
  return head;
}

std::string PercentDecode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 &&
                        HexDigit(text[i + 2]) >= 0;
    if (!escape) {
      decoded.push_back(text[i]);
      continue;
    }
    decoded.push_back(static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2])));
    i += 2;
  }
  return decoded;
}

std::vector<Field> QueryParameters(std::string_view target) {
  std::vector<Field> parameters;
  const size_t question = target.find('?');
  if (question == std::string_view::npos) return parameters;
  for (std::string_view part : Split(target.substr(question + 1), "&")) {
    if (part.empty()) continue;
    const size_t equals = part.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
    parameters.push_back({PercentDecode(part.substr(0, equals)), PercentDecode(value)});
  }
  return parameters;
}

std::optional<std::string> QueryParameter(std::string_view target, std::string_view name) {
  for (Field& parameter : QueryParameters(target)) {
    if (parameter.name == name) return std::move(parameter.value);
  }
  return std::nullopt;
}

}  // namespace sluice::emulator
