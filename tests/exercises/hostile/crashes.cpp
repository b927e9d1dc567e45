// Ways to end a process, for the grader to survive: exercise 0, several submissions in one file.
#include "../variants.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>

#include <signal.h>
#include <unistd.h>

using namespace exercises;
using input = matrix_view<double const>;
using output = matrix_view<double>;

void nothing(input, input, output) {}

double* points_to_nothing = nullptr; // which the compiler does not know
void null_pointer(input, output y) { *points_to_nothing = y(0, 0); }
void beyond_the_end(input, output y) { y.data()[y.rows() * y.cols()] = 1; }
void far_before(input, output y) { y.data()[-100] = 1; }
void just_before(input x, output y) {
    for (std::size_t i = 0; i < x.rows(); ++i)
        y(i, 0) = 0.6, y(i, 1) = 0.8;
    y.data()[-1] = 1;
}
void into_the_input(input x, output) { const_cast<double*>(x.data())[0] = 1; }
void asserted(input x, output y) { y(x.rows(), 0) = 1; }
int depth(int n) { return n < 0 ? 0 : depth(n + 1) + static_cast<int>(getpid() % 2); }
void recursion(input, output y) { y(0, 0) = depth(0); }
void by_zero(input, output y) {
    int volatile zero = 0;
    y(0, 0) = static_cast<int>(y.rows()) / zero;
}
void aborts(input, output) { std::abort(); }
void frees_twice(input, output) {
    auto* const block = new double[100];
    void* volatile again = block;
    std::free(again);
    std::free(again);
}
void leaves(input, output) { std::exit(0); }
void leaves_at_once(input, output) { _exit(3); }
void throws(input, output) { throw std::runtime_error("out of ideas"); }
void throws_a_number(input, output) { throw 42; }
void killed(input, output) { kill(getpid(), SIGKILL); }
void all_memory(input, output y) {
    for (std::size_t i = 0; i < 100000; ++i) {
        auto* const block = new double[1 << 20];
        for (std::size_t k = 0; k < 1 << 20; k += 512)
            block[k] = 1;
        y(0, 0) = block[i];
    }
}
void endless(input, output y) {
    for (std::size_t i = 0;; ++i)
        y(0, 0) = static_cast<double>(i);
}
void waits(input, output) {
    for (;;)
        pause();
}
void reads(input, output y) { y(0, 0) = y(0, 1) = std::getchar(); }
void floods(input, output) {
    for (int i = 0; i < 1'000'000; ++i)
        std::puts("here, and here, and here");
}
void leaves_a_process(input, output y) {
    if (fork() == 0)
        for (;;)
            pause();
    y(0, 0) = y(0, 1) = 0;
}
void endless_that_hears_nothing(input, output y) {
    signal(SIGXCPU, SIG_IGN);
    endless({}, y);
}
void fills_the_disk(input, output) {
    std::FILE* const file = std::tmpfile();
    for (int i = 0; file && i < 100'000; ++i)
        std::fwrite("0123456789abcdef0123456789abcdef", 1, 32, file);
    for (int i = 0; file && i < 100'000; ++i) {
        static char const block[65536] = {};
        std::fwrite(block, 1, sizeof block, file);
    }
}

VARIANTS(0,
         {"null pointer", "it uses a pointer that points to nothing (crashes.cpp, line 20)", {null_pointer, nothing}},
         {"beyond the end",
          "it reads or writes beyond the end of `y`, which has 1×2 values: place 2, and the last is 1",
          {beyond_the_end, nothing}},
         {"far before", "it writes before the beginning of `y`", {far_before, nothing}},
         {"just before", "it writes before the beginning of `y`", {just_before, nothing}},
         {"into the input", "it writes into `x`, which is only there to be read", {into_the_input, nothing}},
         {"asserted", "an index is beyond the rows or columns of a matrix (crashes.cpp, line 29)", {asserted, nothing}},
         {"recursion", "a function calls itself without end", {recursion, nothing}},
         {"by zero", "it divides a whole number by 0", {by_zero, nothing}},
         {"aborts", "it stopped itself (abort)", {aborts, nothing}},
         {"frees twice", "it has spoilt its memory", {frees_twice, nothing}},
         {"leaves", "it ended the whole program (with exit status 0) instead of returning", {leaves, nothing}},
         {"leaves at once",
          "it ended the whole program (with exit status 3) instead of returning",
          {leaves_at_once, nothing}},
         {"throws", "it throws: out of ideas", {throws, nothing}},
         {"throws a number", "it throws something", {throws_a_number, nothing}},
         {"killed", "the system stopped it (Killed)", {killed, nothing}},
         {"all memory", "it wants more memory than the 256 MB that it may have", {all_memory, nothing}},
         {"endless",
          "it was still computing after 1 s: is there a loop that does not end? (crashes.cpp, line 5",
          {endless, nothing}},
         {"endless, deaf", "it was still computing after 1 s", {endless_that_hears_nothing, nothing}},
         {"waits", "s without doing anything: for input, or for a lock?", {waits, nothing}},
         {"reads", "the value in column 1: yours -1", {reads, nothing}},
         {"floods", "was never written", {floods, nothing}},
         {"leaves a process", "the value in column 1: yours 0, right is 0.8", {leaves_a_process, nothing}},
         {"fills the disk", "the system stopped it (File size limit exceeded)", {fills_the_disk, nothing}})
