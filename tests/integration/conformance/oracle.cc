#include "tests/integration/conformance/oracle.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <optional>
#include <set>
#include <utility>

namespace sluice::test {
namespace {

struct Field {
  std::string name;  // in lower case
  std::string value;
};

const std::set<std::string> kMustNotCome = {
    "connection",        "keep-alive",          "te",     "trailer",
    "upgrade",           "proxy-authorization", "expect", "cookie",
    "forwarded",         "x-real-ip",           "via",    "proxy-connection",
    "proxy-authenticate"};
const std::set<std::string> kCredentials = {"authorization", "x-api-key", "api-key",
                                            "x-goog-api-key"};
const std::set<std::string> kMethods = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"};

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

bool IsTokenByte(unsigned char c) {
  return std::isalnum(c) != 0 ||
         std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
}

class RequestJudge {
 public:
  RequestJudge(std::string_view bytes, const ProviderFacts& facts) : bytes_(bytes), facts_(facts) {}

  Judgement Run() {
    // Wrong bytes are seen before a blank line comes, which after them may never be found.
    if (!ReadHead()) return std::move(result_);
    CheckFields();
    ReadBody();
    if (!result_.violations.empty()) result_.state = Judgement::State::kUnsound;
    return std::move(result_);
  }

 private:
  using State = Judgement::State;

  void Blame(const std::string& what) { result_.violations.push_back(what); }

  // False if there is no whole head.
  bool ReadHead() {
    const size_t end = bytes_.find("\r\n\r\n");
    if (end == std::string_view::npos) {
      const size_t feed = bytes_.find("\n\n");
      if (feed != std::string_view::npos) {
        Blame("a head that ends with bare line feeds");
        result_.state = State::kUnsound;
      }
      return false;
    }
    result_.head_size = end + 4;
    std::string_view rest = bytes_.substr(0, end + 2);
    for (bool first = true; !rest.empty(); first = false) {
      const size_t line_end = rest.find("\r\n");
      const std::string_view line = rest.substr(0, line_end);
      rest.remove_prefix(line_end + 2);
      first ? CheckRequestLine(line) : ReadField(line);
    }
    return true;
  }

  void CheckRequestLine(std::string_view line) {
    const size_t space = line.find(' ');
    const size_t last = line.rfind(' ');
    if (space == std::string_view::npos || space == last) return Blame("no request line");
    if (kMethods.count(std::string(line.substr(0, space))) == 0) Blame("a method of its own");
    if (line.substr(last + 1) != "HTTP/1.1") Blame("another version than HTTP/1.1");
    const std::string_view target = line.substr(space + 1, last - space - 1);
    if (!target.starts_with('/')) Blame("a target that is not a path");
    for (char c : target) {
      const unsigned char byte = static_cast<unsigned char>(c);
      if (byte <= 0x20 || byte >= 0x7f || c == '#') return Blame("a target with a wrong byte");
    }
    CheckSegments(target.substr(0, target.find('?')));
  }

  void CheckSegments(std::string_view path) {
    std::string plain = Lower(path);
    for (size_t at = 0; (at = plain.find("%2e", at)) != std::string::npos;)
      plain.replace(at, 3, ".");
    for (size_t at = 0; (at = plain.find("%2f", at)) != std::string::npos;)
      plain.replace(at, 3, "/");
    plain += '/';
    if (plain.find("/./") != std::string::npos || plain.find("/../") != std::string::npos) {
      Blame("a path that climbs");
    }
  }

  void ReadField(std::string_view line) {
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return Blame("a field without a name");
    const std::string_view name = line.substr(0, colon);
    if (!std::all_of(name.begin(), name.end(),
                     [](char c) { return IsTokenByte(static_cast<unsigned char>(c)); })) {
      return Blame("a field name that is not a token");
    }
    std::string_view value = line.substr(colon + 1);
    for (char c : value) {
      const unsigned char byte = static_cast<unsigned char>(c);
      if ((byte < 0x20 && c != '\t') || byte == 0x7f) return Blame("a control byte in a field");
    }
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t'))
      value.remove_prefix(1);
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
    fields_.push_back({Lower(name), std::string(value)});
  }

  std::vector<std::string> ValuesOf(std::string_view name) const {
    std::vector<std::string> values;
    for (const Field& field : fields_) {
      if (field.name == name) values.push_back(field.value);
    }
    return values;
  }

  void CheckFields() {
    const std::vector<std::string> hosts = ValuesOf("host");
    if (hosts.size() != 1 || hosts[0] != facts_.host) Blame("not one Host, the provider's");
    for (const Field& field : fields_) {
      const bool wrong = kMustNotCome.count(field.name) > 0 || field.name.starts_with("proxy-") ||
                         field.name.starts_with("x-forwarded-") ||
                         field.name.starts_with("x-sluice-");
      if (wrong) Blame("the field " + field.name);
    }
    CheckCredential();
  }

  void CheckCredential() {
    const std::string right = Lower(facts_.credential_name);
    for (const Field& field : fields_) {
      if (kCredentials.count(field.name) > 0 && field.name != right) {
        Blame("a credential in " + field.name);
      }
    }
    const std::vector<std::string> values = ValuesOf(right);
    const bool sound =
        right.empty() || (values.size() == 1 && values[0] == facts_.credential_value);
    if (!sound) Blame("not one credential, the provider's");
    size_t keys = 0;
    for (const std::string& key : facts_.keys) {
      const std::string_view head = bytes_.substr(0, result_.head_size);
      for (size_t at = 0; (at = head.find(key, at)) != std::string_view::npos; ++at) ++keys;
    }
    if (keys != (right.empty() ? 0 : 1)) Blame("a provider's key at a wrong place");
    if (bytes_.find("slk_") != std::string_view::npos) Blame("a client key");
  }

  void ReadBody() {
    const std::vector<std::string> lengths = ValuesOf("content-length");
    const std::vector<std::string> codings = ValuesOf("transfer-encoding");
    if (lengths.size() + codings.size() > 1) return Blame("a body whose end is not certain");
    if (!codings.empty()) {
      if (codings[0] != "chunked") return Blame("a Transfer-Encoding other than chunked");
      return ReadChunks();
    }
    uint64_t length = 0;
    if (!lengths.empty()) {
      const std::string& text = lengths[0];
      const bool digits = !text.empty() && text.size() < 19 &&
                          text.find_first_not_of("0123456789") == std::string::npos;
      if (!digits) return Blame("a Content-Length that is no number");
      for (char c : text) length = length * 10 + static_cast<uint64_t>(c - '0');
    }
    const std::string_view rest = bytes_.substr(result_.head_size);
    result_.body = rest.substr(0, length);
    if (rest.size() >= length) End(result_.head_size + length);
  }

  void ReadChunks() {
    size_t at = result_.head_size;
    while (true) {
      const size_t line_end = bytes_.find("\r\n", at);
      if (line_end == std::string_view::npos) return;
      const std::optional<uint64_t> size = HexOf(bytes_.substr(at, line_end - at));
      if (!size) return Blame("a bad chunk size");
      at = line_end + 2;
      if (*size == 0) return EndChunks(at);
      const std::string_view rest = bytes_.substr(at);
      result_.body.append(rest.substr(0, *size));
      if (rest.size() < *size + 2) return;
      if (rest.substr(*size, 2) != "\r\n") return Blame("a chunk longer than its size");
      at += *size + 2;
    }
  }

  void EndChunks(size_t at) {
    if (bytes_.size() < at + 2) return;
    if (bytes_.substr(at, 2) != "\r\n") return Blame("a trailer");
    End(at + 2);
  }

  static std::optional<uint64_t> HexOf(std::string_view text) {
    if (text.empty() || text.size() > 8) return std::nullopt;
    uint64_t value = 0;
    for (char c : text) {
      if (std::isxdigit(static_cast<unsigned char>(c)) == 0) return std::nullopt;
      const int digit = c <= '9' ? c - '0' : std::tolower(c) - 'a' + 10;
      value = value * 16 + static_cast<uint64_t>(digit);
    }
    return value;
  }

  void End(size_t size) {
    result_.size = size;
    result_.state = State::kComplete;
    if (bytes_.size() > size) Blame("bytes behind the end of the request");
  }

  const std::string_view bytes_;
  const ProviderFacts& facts_;
  std::vector<Field> fields_;
  Judgement result_;
};

}  // namespace

Judgement Judge(std::string_view bytes, const ProviderFacts& facts) {
  return RequestJudge(bytes, facts).Run();
}

}  // namespace sluice::test
