// Compiled for every processor of its kind, beside a library that is compiled for one: before anything else of the
// program runs, says what this processor lacks, where the program would otherwise die of an illegal instruction.

#include <cstring>

#include <unistd.h>

namespace {

void say(char const* text) {
    auto const written = ::write(STDERR_FILENO, text, std::strlen(text));
    static_cast<void>(written);
}

} // namespace

// Its name is what keeps it when the library is linked.
extern "C" [[gnu::constructor(101)]] void trine_check_processor() {
    __builtin_cpu_init();
    bool lacks = false;
#define TRINE_REQUIRE(feature)                                                                                         \
    if (!__builtin_cpu_supports(feature)) {                                                                            \
        say(lacks ? ", " : "This program was compiled for another processor. This one lacks: ");                       \
        say(feature);                                                                                                  \
        lacks = true;                                                                                                  \
    }
    TRINE_REQUIRED_FEATURES
    if (lacks) {
        say(".\nPlease compile it on this machine, or for all with cmake -DTRINE_NATIVE=OFF.\n");
        ::_exit(1);
    }
}
