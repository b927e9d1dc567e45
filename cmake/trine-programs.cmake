# How our own programs are compiled; users of the headers choose for themselves.
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release)
endif()

# With the compiled library where it is built, so that a program compiles in seconds.
add_library(trine_program INTERFACE)
if(TARGET trine::compiled)
    target_link_libraries(trine_program INTERFACE trine::compiled)
else()
    target_link_libraries(trine_program INTERFACE trine::trine)
endif()
target_compile_options(trine_program INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor)
# GCC 12 sees overlaps in std::string that are not there (its bug 105651).
target_compile_options(trine_program INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(TRINE_NATIVE)
    target_compile_options(trine_program INTERFACE -march=native)
endif()
if(TRINE_WARNINGS_AS_ERRORS)
    target_compile_options(trine_program INTERFACE -Werror)
endif()
if(TRINE_SANITIZE)
    # With sanitizers, GCC 12 takes the members of std::regex for uninitialised.
    target_compile_options(trine_program INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
    target_compile_options(trine_program INTERFACE -fsanitize=${TRINE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(trine_program INTERFACE -fsanitize=${TRINE_SANITIZE})
endif()
