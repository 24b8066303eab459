# Parsing gRPC's, protobuf's and GoogleTest's headers is most of the build: they are parsed once for each set below. Sources
# include what they use all the same; a build with -DSLUICE_PCH=OFF tells whether they do.
#
#   base   standard library, Abseil, spdlog      model  base + the configuration messages
#   api    model + the messages of the APIs                       rpc    api + gRPC and the services
#   test, test_api, test_rpc: base, api, rpc + GoogleTest
#
# To load one takes 0.3 s of every file's compiling (base) to 1.7 s (test_rpc): take the smallest that does.

option(SLUICE_PCH "Use precompiled headers" OFF)

function(sluice_precompiled target set)
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
  set(api ${model} <sluice/admin/v1/admin.pb.h> <sluice/fleet/v1/fleet.pb.h>)
  set(rpc ${api} <grpcpp/grpcpp.h> <sluice/admin/v1/admin.grpc.pb.h> <sluice/fleet/v1/fleet.grpc.pb.h>)
  set(gtest <gmock/gmock.h> <gtest/gtest.h>)
  set(test ${base} ${gtest})
  set(test_api ${api} ${gtest})
  set(test_rpc ${rpc} ${gtest})
  set(sets base model api rpc)
  if(SLUICE_TESTS)
    list(APPEND sets test test_api test_rpc)
  endif()
  foreach(set IN LISTS sets)
    add_library(sluice_pch_${set} STATIC ${CMAKE_BINARY_DIR}/pch.cc)
    target_link_libraries(sluice_pch_${set} PRIVATE sluice_flags sluice_base)
    if(set MATCHES "model|api|rpc")
      target_link_libraries(sluice_pch_${set} PRIVATE sluice_proto)
    endif()
    if(set MATCHES "test")
      target_link_libraries(sluice_pch_${set} PRIVATE GTest::gmock GTest::gtest)
    endif()
    target_precompile_headers(sluice_pch_${set} PRIVATE ${${set}})
  endforeach()
endfunction()
