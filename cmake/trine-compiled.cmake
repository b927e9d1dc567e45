# trine::compiled: the same headers, with the bodies of all *_impl.hpp in a static library, each from a source of its own
# that is made here. It is compiled at -O3 whatever the build type, so that a program at -O0 still runs fast. A source
# begins with the header, so that headers with bodies are seen to compile alone.
file(GLOB_RECURSE bodies CONFIGURE_DEPENDS RELATIVE "${PROJECT_SOURCE_DIR}/include"
    "${PROJECT_SOURCE_DIR}/include/*_impl.hpp")
set(sources "")
foreach(body IN LISTS bodies)
    string(MAKE_C_IDENTIFIER "${body}" name)
    set(source "${CMAKE_CURRENT_BINARY_DIR}/compiled/${name}.cpp")
    string(REPLACE "_impl.hpp" ".hpp" header "${body}")
    file(CONFIGURE OUTPUT "${source}" CONTENT "#include <@header@>\n#include <@header@>\n#include <@body@>\n" @ONLY)
    list(APPEND sources "${source}")
endforeach()
add_library(trine_compiled STATIC ${sources})
add_library(trine::compiled ALIAS trine_compiled)
set_target_properties(trine_compiled PROPERTIES EXPORT_NAME compiled POSITION_INDEPENDENT_CODE ON)
target_compile_definitions(trine_compiled PUBLIC TRINE_COMPILED)
target_link_libraries(trine_compiled PUBLIC trine::trine)
target_compile_options(trine_compiled PRIVATE -O3)
if(TRINE_NATIVE)
    target_compile_options(trine_compiled PRIVATE -march=native)
endif()
if(TRINE_SANITIZE)
    target_compile_options(trine_compiled PRIVATE -O1 -fsanitize=${TRINE_SANITIZE} -fno-sanitize-recover=all)
    # GCC's address sanitizer refers to CImg's fonts in each object, and the linker keeps one object's.
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND TRINE_SANITIZE MATCHES "address")
        set(drawing ${sources})
        list(FILTER drawing INCLUDE REGEX "trine_visual_")
        set_source_files_properties(${drawing} PROPERTIES COMPILE_OPTIONS --param=asan-globals=0)
    endif()
endif()

# A program that is copied to an older machine says so there, instead of dying of an illegal instruction: a constructor,
# compiled for all processors, asks for what the compiler's options let it use.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
    separate_arguments(flags UNIX_COMMAND "${CMAKE_CXX_FLAGS}")
    if(TRINE_NATIVE)
        list(APPEND flags -march=native)
    endif()
    execute_process(COMMAND "${CMAKE_CXX_COMPILER}" ${flags} -dM -E -x c++ /dev/null OUTPUT_VARIABLE macros ERROR_QUIET)
    set(trine_required_features "")
    # What both compilers' __builtin_cpu_supports know.
    foreach(feature sse3 ssse3 sse4.1 sse4.2 popcnt avx avx2 fma bmi bmi2 avx512f avx512vl avx512bw avx512dq avx512cd
            avx512vbmi avx512ifma avx512vbmi2 avx512vnni avx512bitalg avx512vpopcntdq gfni vpclmulqdq avx512bf16)
        string(TOUPPER "${feature}" macro)
        string(REPLACE "." "_" macro "${macro}")
        if(macros MATCHES "#define __${macro}__ 1")
            string(APPEND trine_required_features "TRINE_REQUIRE(\"${feature}\")")
        endif()
    endforeach()
    if(trine_required_features)
        target_sources(trine_compiled PRIVATE cmake/check_processor.cpp)
        set_source_files_properties(cmake/check_processor.cpp PROPERTIES COMPILE_OPTIONS "-march=x86-64;-O1"
            COMPILE_DEFINITIONS "TRINE_REQUIRED_FEATURES=${trine_required_features}")
        target_link_options(trine_compiled INTERFACE
            "$<IF:$<PLATFORM_ID:Darwin>,LINKER:-u$<COMMA>_trine_check_processor,LINKER:--undefined=trine_check_processor>")
    endif()
endif()
