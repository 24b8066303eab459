# One folder, one library: its sources are what stands in the folder, its dependencies repeat the
# arrows of docs/ARCHITECTURE.md.

add_library(sluice_flags INTERFACE)
target_include_directories(sluice_flags INTERFACE ${CMAKE_SOURCE_DIR})
# Everywhere, because a precompiled header fits only where the flags are the same.
target_link_libraries(sluice_flags INTERFACE Threads::Threads)
target_compile_options(sluice_flags INTERFACE -Wall -Wextra -Werror -fno-omit-frame-pointer)
target_compile_definitions(sluice_flags INTERFACE SLUICE_VERSION="${PROJECT_VERSION}")
if(SLUICE_SANITIZE)
  target_compile_options(sluice_flags INTERFACE -fsanitize=${SLUICE_SANITIZE} -fno-sanitize-recover=undefined)
  target_link_options(sluice_flags INTERFACE -fsanitize=${SLUICE_SANITIZE})
  if(SLUICE_SANITIZE MATCHES address AND NOT SLUICE_FUZZ)
    # Both cost a third of the compiling. ASan ends a program at a null access just the same; the fuzzers keep them.
    target_compile_options(sluice_flags INTERFACE -fno-sanitize=null,alignment)
  endif()
endif()
if(SLUICE_SANITIZE MATCHES thread)
  # GCC warns of every fence, and Boost.Asio has some; GCC 12 also of bounds inside std::string's own code. Protobuf's
  # headers would add members for TSan that its library, built without, does not know.
  target_compile_options(sluice_flags INTERFACE -Wno-tsan -Wno-array-bounds -Wno-stringop-overflow -U__SANITIZE_THREAD__ -DSLUICE_TSAN)
  # Before all libraries on the link line, so that it stands in front of Abseil's.
  add_library(sluice_tsan_order OBJECT ${PROJECT_SOURCE_DIR}/tests/support/tsan/absl_order.cc)
  set_target_properties(sluice_tsan_order PROPERTIES CXX_STANDARD 20)
  target_link_options(sluice_flags INTERFACE $<TARGET_OBJECTS:sluice_tsan_order>)
  add_dependencies(sluice_flags sluice_tsan_order)
endif()

if(SLUICE_FUZZ)
  # Coverage for libFuzzer; its main comes with the fuzzers themselves (tests/fuzz).
  target_compile_options(sluice_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# sluice_library(NAME [PCH base|model|api|rpc] [EXCLUDE main.cc ...] [DEPS ...])
function(sluice_library name)
  cmake_parse_arguments(ARG "" "PCH" "EXCLUDE;DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  foreach(excluded IN LISTS ARG_EXCLUDE)
    list(REMOVE_ITEM sources ${CMAKE_CURRENT_SOURCE_DIR}/${excluded})
  endforeach()
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC sluice_flags ${ARG_DEPS})
    if(ARG_PCH)
      sluice_precompiled(${name} ${ARG_PCH})
    endif()
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE sluice_flags ${ARG_DEPS})
  endif()
endfunction()

