#!/bin/bash
# Runs tests under what watches over memory: all of them under the address and undefined-behaviour sanitizers, races under
# ThreadSanitizer, kernels under Valgrind.
set -euo pipefail

usage() {
    cat <<'HELP'
usage: tests/sanitize.sh                 all of these, and a table
       tests/sanitize.sh address         every unit test under the address and undefined-behaviour sanitizers
       tests/sanitize.sh thread          the programs of tests/races under ThreadSanitizer
       tests/sanitize.sh valgrind        the tests of kernels, whose last elements are the likely ones to be read beyond,
                                         under Valgrind (by AVX2, which it knows; AVX-512 it does not)
       tests/sanitize.sh --help          this text

Builds lie in build/sanitize, build/release and build/valgrind. Reference vectors and photos are taken from the folder that
TRINE_TEST_DATA names, as in the other tests. Exit code 1 when anything was found.
HELP
}

cd "$(dirname "$0")/.."
case "${1:-all}" in
-h | --help) usage; exit ;;
all) parts=(address thread valgrind) ;;
address | thread | valgrind) parts=("$1") ;;
*) usage >&2; exit 2 ;;
esac

jobs=$(nproc)
rows=()
failed=0

# What a log says of Catch2's assertions, or its last line.
summary() { grep -E '^(All tests passed|test cases:|assertions:)' "$1" | tail -n 2 | tr '\n' ' ' | sed 's/  */ /g' || tail -n 1 "$1"; }
run() { # name, log, command …: a row of the table
    local name=$1 log=$2 start=$SECONDS result=passed
    shift 2
    echo "$name: $*"
    "$@" >"$log" 2>&1 || { result=FAILED failed=1; tail -n 40 "$log"; }
    rows+=("| $name | $result | $(summary "$log") | $((SECONDS - start)) s |")
}
configure() { # preset or folder's options …
    mkdir -p build
    cmake "$@" >build/configure.log 2>&1 || { cat build/configure.log; exit 1; }
}

address() {
    configure --preset sanitize -DTRINE_BUILD_TESTS=ON -DTRINE_BUILD_EXAMPLES=ON -DTRINE_BUILD_BENCHMARKS=OFF
    cmake --build build/sanitize --parallel "$jobs" --target trine_tests
    run "address, undefined: unit tests" build/sanitize/unit.log env UBSAN_OPTIONS=print_stacktrace=1 \
        ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 build/sanitize/tests/trine_tests
}

thread() {
    configure --preset release -DTRINE_BUILD_TESTS=ON
    local programs=()
    for source in tests/races/*.cpp; do programs+=("races_$(basename "$source" .cpp)"); done
    cmake --build build/release --parallel "$jobs" --target "${programs[@]}"
    local fixed=() # it wants addresses where it expects them
    setarch -R true 2>/dev/null && fixed=(setarch -R)
    for program in "${programs[@]}"; do
        run "thread: ${program#races_}" "build/release/$program.log" "${fixed[@]}" "build/release/tests/$program"
    done
}

valgrind_() {
    command -v valgrind >/dev/null || { echo "valgrind was not found: install the package valgrind" >&2; exit 1; }
    configure -S . -B build/valgrind -DCMAKE_BUILD_TYPE=Debug "-DCMAKE_CXX_FLAGS_DEBUG=-O1 -g1" -DTRINE_NATIVE=OFF \
        "-DCMAKE_CXX_FLAGS=-mavx2 -mfma -mf16c" -DTRINE_BUILD_TESTS=ON -DTRINE_BUILD_EXAMPLES=OFF -DTRINE_BUILD_BENCHMARKS=OFF
    cmake --build build/valgrind --parallel "$jobs" --target trine_kernel_tests
    # OpenBLAS chooses its kernels by the processor, and OpenMP keeps its threads' memory.
    run "Valgrind: kernels" build/valgrind/kernels.log env OPENBLAS_CORETYPE=Haswell OMP_NUM_THREADS=2 \
        valgrind --error-exitcode=1 --leak-check=no --fair-sched=yes build/valgrind/tests/trine_kernel_tests "[kernels],[isa]"
}

for part in "${parts[@]}"; do
    if [ "$part" = valgrind ]; then valgrind_; else "$part"; fi
done
echo
echo "| tests | result | | time |"
echo "|---|---|---|---|"
printf '%s\n' "${rows[@]}"
exit $failed
