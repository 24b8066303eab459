// Where the build put the programs under test.
#pragma once

#include <string>

namespace sluice::test {

std::string ControlplaneProgram();
std::string DataplaneProgram();
std::string SluicectlProgram();

}  // namespace sluice::test
