#include "controlplane/cli/declaration_file.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "common/base/file.h"
#include "common/base/secret.h"
#include "common/base/text.h"
#include "common/wire/config_check.h"
#include "controlplane/cli/declared_fields.h"
#include "controlplane/cli/secret_input.h"
#include "controlplane/cli/yaml_tree.h"

namespace sluice::cli {
namespace {

using admin::v1::DeclaredClientKey;
using admin::v1::DeclaredProviderKey;

constexpr size_t kMaxFileBytes = size_t{64} << 20;

absl::StatusOr<std::string> ReadInput(int fd) {
  std::string bytes;
  char piece[64 * 1024];
  for (;;) {
    const ssize_t got = read(fd, piece, sizeof(piece));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return absl::FailedPreconditionError(
          base::Cat("cannot read standard input: ", strerror(errno)));
    }
    if (got == 0) return bytes;
    bytes.append(piece, static_cast<size_t>(got));
    if (bytes.size() > kMaxFileBytes) {
      return absl::FailedPreconditionError(
          base::Cat("standard input has more than ", kMaxFileBytes, " bytes"));
    }
  }
}

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

bool IsVariableName(std::string_view name) {
  return !name.empty() && !absl::ascii_isdigit(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return absl::ascii_isalnum(c) || c == '_'; });
}

// Reads one file into a request.
class Reader {
 public:
  Reader(std::string file, std::string folder, const Terminal& terminal)
      : whole_{std::move(file), ""}, folder_(std::move(folder)), terminal_(terminal) {}

  absl::Status Read(const YamlNode& root) {
    if (root.kind != YamlNode::Kind::kMap) {
      return whole_.Refuse(root.line, base::Cat("must be a map of settings, providers, "
                                                "provider_keys and client_keys, not ",
                                                KindOf(root)));
    }
    for (const YamlEntry& entry : root.entries) {
      if (absl::Status status = ReadPart(entry); !status.ok()) return status;
    }
    return absl::OkStatus();
  }
  DeclarationFile& result() { return result_; }

 private:
  using ReadElement = absl::Status (Reader::*)(const YamlNode&, const YamlPlace&);

  absl::Status ReadPart(const YamlEntry& entry) {
    const YamlPlace place = whole_.Field(entry.name);
    if (entry.name == "settings") return ReadSettings(entry.value, place);
    if (entry.name == "providers") {
      result_.has_providers = true;
      return ReadList(entry.value, place, &Reader::ReadProvider);
    }
    if (entry.name == "provider_keys") {
      result_.has_provider_keys = true;
      return ReadList(entry.value, place, &Reader::ReadProviderKey);
    }
    if (entry.name == "client_keys") {
      result_.has_client_keys = true;
      return ReadList(entry.value, place, &Reader::ReadClientKey);
    }
    return place.Refuse(entry.line,
                        "there is no such part (they are settings, providers, provider_keys and "
                        "client_keys)");
  }

  absl::Status ReadList(const YamlNode& node, const YamlPlace& place, ReadElement read) {
    if (node.kind != YamlNode::Kind::kList) {
      return place.Refuse(node.line, base::Cat("must be a list ([] for none), not ", KindOf(node)));
    }
    for (size_t i = 0; i < node.elements.size(); ++i) {
      const absl::Status status = (this->*read)(node.elements[i], place.Element(i));
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  // The rules of the nodes, told with the place in the file.
  static absl::Status Judge(const std::vector<wire::Violation>& violations, const YamlNode& node,
                            const YamlPlace& place) {
    const absl::Status status = wire::ToStatus(violations);
    return status.ok() ? status : place.Refuse(node.line, base::ToStd(status.message()));
  }

  absl::Status ReadSettings(const YamlNode& node, const YamlPlace& place) {
    auto* settings = result_.request.mutable_settings();
    const absl::Status status = ReadFields(node, place, {}, {}, settings);
    return status.ok() ? Judge(wire::CheckSettings(*settings), node, place) : status;
  }

  absl::Status ReadProvider(const YamlNode& node, const YamlPlace& place) {
    auto* provider = result_.request.add_providers();
    const absl::Status status = ReadFields(node, place, {}, {}, provider);
    return status.ok() ? Judge(wire::CheckProvider(*provider), node, place) : status;
  }

  absl::Status ReadProviderKey(const YamlNode& node, const YamlPlace& place) {
    for (const YamlEntry& entry : node.entries) {
      if (entry.name != "secret") continue;
      return place.Field("secret").Refuse(
          entry.line,
          "a secret never stands in the file: say where it is with from_env: VARIABLE or "
          "from_file: PATH, and replace this one, which others may have read");
    }
    DeclaredProviderKey* key = result_.request.add_provider_keys();
    absl::Status status = ReadFields(node, place, {"from_env", "from_file"}, {"secret"}, key);
    if (!status.ok()) return status;
    config::v1::ProviderKey checked;
    checked.set_provider(key->provider());
    checked.set_name(key->name());
    status = Judge(wire::CheckProviderKey(checked), node, place);
    return status.ok() ? FollowReference(node, place, key) : status;
  }

  absl::Status ReadClientKey(const YamlNode& node, const YamlPlace& place) {
    DeclaredClientKey* declared = result_.request.add_client_keys();
    absl::Status status = ReadFields(node, place, {"sha256"},
                                     {"created_at", "revoked_at", "replaced_by", "cut_streams"},
                                     declared->mutable_key());
    if (!status.ok()) return status;
    YamlNode digest;
    digest.kind = YamlNode::Kind::kMap;
    digest.line = node.line;
    for (const YamlEntry& entry : node.entries) {
      if (entry.name == "sha256") digest.entries.push_back(entry);
    }
    status = ReadFields(digest, place, {}, {"key"}, declared);
    if (status.ok()) status = Judge(wire::CheckClientKey(declared->key()), node, place);
    return status;
  }

  absl::Status FollowReference(const YamlNode& node, const YamlPlace& place,
                               DeclaredProviderKey* key) {
    const YamlEntry* reference = nullptr;
    for (const YamlEntry& entry : node.entries) {
      if (entry.name != "from_env" && entry.name != "from_file") continue;
      if (reference != nullptr) {
        return place.Refuse(entry.line, "from_env and from_file exclude each other");
      }
      reference = &entry;
    }
    if (reference == nullptr) return absl::OkStatus();
    const YamlPlace where = place.Field(reference->name);
    if (reference->value.kind != YamlNode::Kind::kScalar || reference->value.text.empty()) {
      return where.Refuse(reference->line, base::Cat("must be ", reference->name == "from_env"
                                                                     ? "the name of a variable"
                                                                     : "a path"));
    }
    return reference->name == "from_env" ? FromVariable(reference->value, where, key)
                                         : FromFile(reference->value, where, key);
  }

  absl::Status FromVariable(const YamlNode& node, const YamlPlace& place,
                            DeclaredProviderKey* key) {
    // Not shown: it may be the key itself, put there by mistake.
    if (!IsVariableName(node.text)) {
      return place.Refuse(node.line,
                          "takes the name of an environment variable, not the key itself");
    }
    if (!terminal_.environment(node.text).has_value()) {
      Unresolved(*key, base::Cat(node.text, " is not set"));
      return absl::OkStatus();
    }
    SecretSource source;
    source.variable = node.text;
    return TakeSecret(source, node, place, key);
  }

  absl::Status FromFile(const YamlNode& node, const YamlPlace& place, DeclaredProviderKey* key) {
    SecretSource source;
    source.file = node.text.starts_with("/") ? node.text : base::Cat(folder_, node.text);
    if (access(source.file.c_str(), F_OK) != 0 && errno == ENOENT) {
      Unresolved(*key, base::Cat("there is no file ", source.file));
      return absl::OkStatus();
    }
    return TakeSecret(source, node, place, key);
  }

  absl::Status TakeSecret(const SecretSource& source, const YamlNode& node, const YamlPlace& place,
                          DeclaredProviderKey* key) {
    const absl::StatusOr<base::Secret> secret = ReadSecret(source, terminal_);
    if (!secret.ok()) return place.Refuse(node.line, base::ToStd(secret.status().message()));
    key->set_secret(secret->Reveal().data(), secret->Reveal().size());
    config::v1::ProviderKey named;
    named.set_provider(key->provider());
    named.set_name(key->name());
    return Judge(wire::CheckProviderSecret(named, key->secret()), node, place);
  }

  void Unresolved(const DeclaredProviderKey& key, std::string_view why) {
    result_.unresolved.push_back(base::Cat(key.provider(), "/", key.name(), " (", why, ")"));
  }

  const YamlPlace whole_;
  const std::string folder_;
  const Terminal& terminal_;
  DeclarationFile result_;
};

}  // namespace

absl::StatusOr<DeclarationFile> ReadDeclaration(const std::string& path, const Terminal& terminal) {
  const bool from_input = path == "-";
  const std::string file = from_input ? "standard input" : path;
  const absl::StatusOr<std::string> text =
      from_input ? ReadInput(terminal.input_fd) : base::ReadFile(path, kMaxFileBytes);
  if (!text.ok()) return absl::FailedPreconditionError(text.status().message());
  return ParseDeclaration(*text, file, from_input ? "" : FolderOf(path), terminal);
}

absl::StatusOr<DeclarationFile> ParseDeclaration(std::string_view text, const std::string& file,
                                                 const std::string& folder,
                                                 const Terminal& terminal) {
  const absl::StatusOr<YamlNode> root = ParseYaml(text, file);
  if (!root.ok()) return root.status();
  Reader reader(file, folder, terminal);
  if (absl::Status status = reader.Read(*root); !status.ok()) {
    WipeSecrets(&reader.result().request);
    return status;
  }
  return std::move(reader.result());
}

void WipeSecrets(admin::v1::ApplyConfigurationRequest* request) {
  for (DeclaredProviderKey& key : *request->mutable_provider_keys()) {
    base::Wipe(key.mutable_secret()->data(), key.secret().size());
  }
}

}  // namespace sluice::cli
