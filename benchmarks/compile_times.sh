#!/bin/sh
# How long the compiler takes from edit to object file: compile_times.sh [FOLDER_OF_CIMG]
# Prints a line for each program: what, seconds by the wall and of the processor, memory at the most. Uses $CXX (g++).
set -eu
cd "$(dirname "$0")/.."
cimg=${1:-build/_cimg}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags="-std=c++20 -fopenmp -march=native -Iinclude -Iexamples -isystem $cimg"
row() {
    what=$1
    shift
    printf '%-44s ' "$what"
    /usr/bin/time -f '%e s, %U s of the processor, %M KB' "$@" 2>&1 | tail -n 1
}
echo '#include <trine/trine.hpp>' > "$work/all.cpp"
awk '/^```cpp$/ { n++; inside = 1; next } /^```$/ { inside = 0 } inside && n == 2' README.md > "$work/objective.cpp"
awk '/^```cpp$/ { n++; inside = 1; next } /^```$/ { inside = 0 } inside && n == 3' README.md > "$work/search.cpp"
row 'trine.hpp alone, -fsyntax-only' "${CXX:-g++}" $flags -fsyntax-only "$work/all.cpp"
row 'README: a loss and its gradient, -O3' "${CXX:-g++}" $flags -O3 -c "$work/objective.cpp" -o "$work/o"
row 'README: exact search, -O3' "${CXX:-g++}" $flags -O3 -c "$work/search.cpp" -o "$work/o"
row 'first_steps, headers alone, -O3' "${CXX:-g++}" $flags -O3 -c examples/first_steps.cpp -o "$work/o"
row 'first_steps, trine::compiled, -O3' "${CXX:-g++}" $flags -DTRINE_COMPILED -O3 -c examples/first_steps.cpp -o "$work/o"
row 'first_steps, trine::compiled, -O0' "${CXX:-g++}" $flags -DTRINE_COMPILED -O0 -c examples/first_steps.cpp -o "$work/o"
row 'train_faces, trine::compiled, -O3' "${CXX:-g++}" $flags -DTRINE_COMPILED -O3 -c examples/train_faces.cpp -o "$work/o"
