# Parsing gRPC's, protobuf's and GoogleTest's headers is most of the build: they are parsed once for each set below. Sources
# include what they use all the same; a build with -DSLUICE_PCH=OFF tells whether they do.
#
#   base   standard library, Abseil, spdlog      model  base + the configuration messages
#   rpc    model + gRPC and all services         test   base + GoogleTest
#   test_rpc  rpc + GoogleTest

option(SLUICE_PCH "Use precompiled headers" OFF)

# Test programs are half of the code and spend their time in what they test: theirs is not optimised, which halves its
# compiling. A precompiled header fits only code of the same level.
function(sluice_unoptimised target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Debug>:-O0>)
endfunction()

function(sluice_precompiled target set)
  if(set MATCHES "test")
    sluice_unoptimised(${target})
  endif()
  if(SLUICE_PCH)
    target_precompile_headers(${target} REUSE_FROM sluice_pch_${set})
  endif()
endfunction()

function(sluice_define_precompiled)
  if(NOT SLUICE_PCH)
    return()
  endif()
  file(WRITE ${CMAKE_BINARY_DIR}/pch.cc "")
  set(base <algorithm> <array> <atomic> <chrono> <cstdint> <functional> <map> <memory> <mutex> <optional> <random> <set>
      <string> <string_view> <thread> <unordered_map> <utility> <variant> <vector> <fmt/format.h> <spdlog/spdlog.h>
      <absl/status/status.h> <absl/status/statusor.h> <absl/synchronization/mutex.h> <absl/time/time.h>)
  set(model ${base} <sluice/config/v1/config.pb.h>)
  set(rpc ${model} <grpcpp/grpcpp.h> <sluice/admin/v1/admin.grpc.pb.h> <sluice/fleet/v1/fleet.grpc.pb.h>)
  set(gtest <gmock/gmock.h> <gtest/gtest.h>)
  set(test ${base} ${gtest})
  set(test_rpc ${rpc} ${gtest})
  set(sets base model rpc)
  if(SLUICE_TESTS)
    list(APPEND sets test test_rpc)
  endif()
  foreach(set IN LISTS sets)
    add_library(sluice_pch_${set} STATIC ${CMAKE_BINARY_DIR}/pch.cc)
    target_link_libraries(sluice_pch_${set} PRIVATE sluice_flags sluice_base)
    if(set MATCHES "model|rpc")
      target_link_libraries(sluice_pch_${set} PRIVATE sluice_proto)
    endif()
    if(set MATCHES "test")
      target_link_libraries(sluice_pch_${set} PRIVATE GTest::gmock GTest::gtest)
      sluice_unoptimised(sluice_pch_${set})
    endif()
    target_precompile_headers(sluice_pch_${set} PRIVATE ${${set}})
  endforeach()
endfunction()
