#include "controlplane/cli/session.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "common/base/address.h"
#include "common/base/file.h"
#include "common/base/text.h"
#include "common/wire/channel.h"
#include "common/wire/metadata.h"
#include "controlplane/cli/duration_text.h"
#include "controlplane/cli/field_path.h"
#include "controlplane/cli/structured_text.h"
#include "controlplane/cli/table.h"

namespace sluice::cli {
namespace {

absl::Status CheckServer(const Globals& globals) {
  const absl::StatusOr<base::HostPort> address = base::ParseHostPort(globals.server);
  if (!address.ok()) {
    return absl::InvalidArgumentError(base::Cat("--server: ", address.status().message()));
  }
  if (address->port == 0) {
    return absl::InvalidArgumentError(
        base::Cat("--server: \"", globals.server, "\" has port 0; give the port it listens on"));
  }
  if (address->IsLoopback() || globals.insecure || !globals.ca_file.empty()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      base::Cat("the admin token would go to ", globals.server,
                " unencrypted, where others can read it; give --ca-file (the ca.crt beside the "
                "control plane's database) for TLS, or say --insecure"));
}

absl::StatusOr<std::string> ReadAuthorities(const std::string& path) {
  if (path.empty()) return std::string();
  constexpr size_t kMaxBytes = size_t{1} << 20;
  absl::StatusOr<std::string> pem = base::ReadFile(path, kMaxBytes);
  if (absl::IsNotFound(pem.status())) {
    return absl::NotFoundError(
        base::Cat("the CA file \"", path,
                  "\" does not exist; the control plane makes ca.crt beside its database"));
  }
  if (!pem.ok()) {
    return absl::FailedPreconditionError(
        base::Cat("cannot read the CA file: ", pem.status().message()));
  }
  if (absl::StrContains(*pem, "-----BEGIN CERTIFICATE-----")) return pem;
  return absl::FailedPreconditionError(
      base::Cat("the CA file \"", path, "\" does not hold a certificate in PEM"));
}

// Times get their distance from now in a list of fields.
std::string WithRelative(std::string text, absl::Time now) {
  absl::Time time;
  if (!absl::ParseTime("%Y-%m-%dT%H:%M:%SZ", text, &time, nullptr)) return text;
  return TimeWithRelativeText(time, now);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Session>> Session::Open(const Globals& globals,
                                                       const Terminal& terminal) {
  const absl::Status server = CheckServer(globals);
  if (!server.ok()) return server;
  absl::StatusOr<Token> token = FindToken(globals.token_file, terminal);
  if (!token.ok()) return token.status();
  wire::ChannelOptions options;
  options.target = globals.server;
  options.insecure = globals.insecure;
  absl::StatusOr<std::string> authorities = ReadAuthorities(globals.ca_file);
  if (!authorities.ok()) return authorities.status();
  options.authorities = *std::move(authorities);
  absl::StatusOr<std::shared_ptr<grpc::Channel>> channel = wire::OpenChannel(options);
  if (!channel.ok()) return channel.status();
  CallSite site{globals.server, token->source, globals.timeout, !globals.ca_file.empty()};
  return std::unique_ptr<Session>(new Session(terminal, globals.output, std::move(*token),
                                              std::move(site), std::move(*channel)));
}

Session::Session(const Terminal& terminal, OutputFormat output, Token token, CallSite site,
                 std::shared_ptr<grpc::Channel> channel)
    : terminal_(terminal),
      output_(output),
      token_(std::move(token)),
      site_(std::move(site)),
      channel_(std::move(channel)) {}

void Session::Prepare(grpc::ClientContext* context, absl::Duration limit) const {
  context->set_deadline(absl::ToChronoTime(absl::Now() + limit));
  wire::AttachToken(*context, token_.text);
  if (canary_.empty()) return;
  context->AddMetadata(wire::kCanaryMetadata, canary_);
  if (!canary_max_errors_.empty()) {
    context->AddMetadata(wire::kCanaryMaxErrorsMetadata, canary_max_errors_);
  }
}

absl::Status Session::Print(const google::protobuf::Message& response,
                            const std::function<void(std::ostream&)>& as_table) const {
  if (output_ == OutputFormat::kTable) {
    as_table(*terminal_.out);
  } else {
    absl::StatusOr<std::string> text =
        output_ == OutputFormat::kJson ? ToJson(response, JsonStyle::kPretty) : ToYaml(response);
    if (!text.ok()) return text.status();
    *terminal_.out << *text;
    // It may be the answer that holds a new key.
    base::Wipe(text->data(), text->size());
  }
  terminal_.out->flush();
  if (!terminal_.out->good()) return absl::DataLossError("cannot write to standard output");
  return absl::OkStatus();
}

absl::Status Session::PrintText(std::string_view text) const {
  *terminal_.out << text << std::flush;
  if (!terminal_.out->good()) return absl::DataLossError("cannot write to standard output");
  return absl::OkStatus();
}

absl::Status Session::PrintNext(const google::protobuf::Message& response,
                                const std::function<void(std::ostream&)>& as_table) const {
  if (output_ != OutputFormat::kJson) {
    if (output_ == OutputFormat::kYaml) *terminal_.out << "---\n";
    return Print(response, as_table);
  }
  const absl::StatusOr<std::string> line = ToJson(response, JsonStyle::kOneLine);
  if (!line.ok()) return line.status();
  *terminal_.out << *line << std::flush;
  if (!terminal_.out->good()) return absl::DataLossError("cannot write to standard output");
  return absl::OkStatus();
}

void Session::PrintFields(const google::protobuf::Message& message, std::ostream& out) const {
  Table table({"", ""});
  for (const NamedText& field : SetFields(message)) {
    table.AddRow({field.path, WithRelative(field.text, now())});
  }
  table.Print(out);
}

void Session::Note(std::string_view line) const { *terminal_.err << line << '\n' << std::flush; }

}  // namespace sluice::cli
