#!/bin/bash
# some_tests.sh FOLDER JOBS COMPILER [FLAG]…: builds and runs the unit tests of kernels, neighbors and objectives.
set -euo pipefail
cd "$(dirname "$0")/../.."

folder=$1 jobs=$2 compiler=$3
shift 3
cmake -S . -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_CXX_FLAGS="$*" \
    -DTRINE_BUILD_TESTS=ON -DTRINE_BUILD_EXAMPLES=OFF "-DTRINE_TEST_LAYERS=kernels;neighbors;objectives"
ninja -C "$folder" -j "$jobs" trine_tests
"$folder/tests/trine_tests" '~[vectors]~[photos]'
