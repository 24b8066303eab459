// Checks of option values, run while the command line is parsed: nothing is sent if one fails. Each
// answers with a sentence that names the value. And options that several commands have alike.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "google/protobuf/map.h"

namespace sluice::cli {

CLI::Validator PositiveDuration();
CLI::Validator RevisionNumber();
CLI::Validator NumberBetween(int64_t lowest, int64_t highest);
// Exactly one of the words.
CLI::Validator OneOf(std::vector<std::string> words);

// An option whose value is A,B,...; given again it adds to the list.
CLI::Option* AddList(CLI::App* command, const char* name, std::vector<std::string>* list,
                     const char* help);

// `k=v` of each text; InvalidArgument names the one that is none.
absl::Status ParseLabels(const std::vector<std::string>& texts,
                         google::protobuf::Map<std::string, std::string>* labels);

}  // namespace sluice::cli
