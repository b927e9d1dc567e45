#!/bin/bash
# instructions.sh [FOLDER OF HEADERS]: how many instructions of 64-bit ARM the kernels take, by NEON, by NEON with products
# of bytes, and by the generic vectors, counted by qemu-user: a time would say nothing there. Needs g++-aarch64-linux-gnu and
# qemu-user; the headers are those of xtensor and its like, where the compiler does not find them by itself.
set -euo pipefail
cd "$(dirname "$0")/../.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
emulator=$(command -v qemu-aarch64 || command -v qemu-aarch64-static)
each=$("$emulator" --help | grep -o -e '-one-insn-per-tb' -e '-singlestep' | head -n 1)

build() { # NAME FLAGS
    local name=$1
    shift
    aarch64-linux-gnu-g++ -std=c++20 -O3 -fopenmp -static -Iinclude "$@" tests/platforms/instructions.cpp -o "$folder/$name"
}
headers=()
[ $# = 0 ] || headers=(-isystem "$1")
build generic -DTRINE_ISA_GENERIC "${headers[@]}" &
build neon "${headers[@]}" &
build bytes -march=armv8.2-a+dotprod "${headers[@]}" &
wait

count() { # PROGRAM KERNEL TIMES: instructions
    OMP_NUM_THREADS=1 "$emulator" -cpu max "$each" -d exec,nochain -D /dev/stdout "$folder/$1" "$2" "$3" | grep -c ^Trace
}
once() { # PROGRAM KERNEL: instructions per hundred multiplications
    local one three work
    one=$(count "$1" "$2" 1) three=$(count "$1" "$2" 3)
    work=$("$emulator" -cpu max "$folder/$1" "$2" 0)
    awk -v i=$(((three - one) / 2)) -v w="$work" 'BEGIN { printf "%.1f", 100 * i / w }'
}
echo "| instructions per 100 multiplications | generic | NEON | NEON, products of bytes |"
echo "|---|---|---|---|"
for kernel in direct winograd depthwise distances codes16 codes8 halves; do
    echo "| $kernel | $(once generic $kernel) | $(once neon $kernel) | $(once bytes $kernel) |"
done
