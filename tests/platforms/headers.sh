#!/bin/bash
# headers.sh COMPILER [FLAG]…: every header, and a program that uses many, without a warning, compiled as a user does
# who adds include/ to his own headers.
set -euo pipefail
cd "$(dirname "$0")/../.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for header in $(cd include && find trine -name '*.hpp' ! -name '*_impl.hpp' | sort); do
    case $header in
    trine/neighbors/hnsw.hpp) [ -e /usr/include/hnswlib/hnswlib.h ] || continue ;;
    trine/neighbors/faiss.hpp) [ -e /usr/include/faiss/Index.h ] || continue ;;
    trine/distributed/mpi.hpp) echo '#include <mpi.h>' | "$@" -fsyntax-only -x c++ - 2>/dev/null || continue ;;
    esac
    echo "#include <$header>"
done >"$folder/headers.cpp"

warnings=(-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)
for source in "$folder/headers.cpp" examples/first_steps.cpp; do
    for target in "" -march=native; do
        "$@" -std=c++20 -fopenmp -O1 $target "${warnings[@]}" -Iinclude -isystem build/_cimg -fsyntax-only "$source"
    done
done
echo "$(wc -l <"$folder/headers.cpp") headers without a warning by $("$1" --version | head -n 1)"
