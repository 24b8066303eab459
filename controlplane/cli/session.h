// One run against one control plane: the channel, the token that goes with every call, and the form
// in which answers are printed. One thread; lives for one command.
#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "controlplane/cli/error_text.h"
#include "controlplane/cli/terminal.h"
#include "controlplane/cli/token_source.h"
#include "google/protobuf/message.h"

namespace sluice::cli {

// kCsv: only for commands that allow it, which print it themselves.
enum class OutputFormat { kTable, kJson, kYaml, kCsv };

// The options that every command has, checked.
struct Globals {
  std::string server;
  std::string token_file;
  std::string ca_file;  // not empty: TLS
  OutputFormat output = OutputFormat::kTable;
  bool insecure = false;
  absl::Duration timeout;
};

class Session {
 public:
  // Finds the token and prepares the channel; nothing is sent yet. InvalidArgument for a bad
  // address and for plaintext to another machine without --insecure.
  static absl::StatusOr<std::unique_ptr<Session>> Open(const Globals& globals,
                                                       const Terminal& terminal);

  // One unary call, e.g. Call(&StatusService::Stub::GetStatus, request, &response).
  template <class Stub, class Request, class Response>
  absl::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response* response) {
    grpc::ClientContext context;
    Prepare(&context, site_.timeout);
    Stub stub(channel_);
    return Explain((stub.*method)(&context, request, response), site_);
  }

  // For the next calls: which nodes get the write first. Both as the user wrote them; empty: all.
  void SetCanary(const std::string& nodes, const std::string& max_errors) {
    canary_ = nodes;
    canary_max_errors_ = max_errors;
  }
  // Token and deadline for a call made by hand.
  void Prepare(grpc::ClientContext* context, absl::Duration limit) const;
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  const CallSite& site() const { return site_; }

  // The answer as -o says; `as_table` prints it for people.
  absl::Status Print(const google::protobuf::Message& response,
                     const std::function<void(std::ostream&)>& as_table) const;
  // Text that the command has made, e.g. csv.
  absl::Status PrintText(std::string_view text) const;
  // One of a series: a line of JSON, a document of YAML, or the table.
  absl::Status PrintNext(const google::protobuf::Message& response,
                         const std::function<void(std::ostream&)>& as_table) const;
  // The fields of `message` that are set, one a line.
  void PrintFields(const google::protobuf::Message& message, std::ostream& out) const;
  // A line for the person at the terminal, who may have piped the result elsewhere.
  void Note(std::string_view line) const;

  OutputFormat output() const { return output_; }
  const Terminal& terminal() const { return terminal_; }
  absl::Time now() const { return terminal_.clock->Now(); }

 private:
  Session(const Terminal& terminal, OutputFormat output, Token token, CallSite site,
          std::shared_ptr<grpc::Channel> channel);

  const Terminal& terminal_;
  OutputFormat output_;
  Token token_;
  CallSite site_;
  std::string canary_;
  std::string canary_max_errors_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace sluice::cli
