#!/bin/bash
# How many instructions of 64-bit ARM the kernels take: a time under an emulator would say nothing.
set -euo pipefail

usage() {
    cat <<'HELP'
usage: tests/platforms/instructions.sh [FOLDER OF HEADERS]

Compiles tests/platforms/instructions.cpp for 64-bit ARM with generic vectors, with NEON, and with NEON and products of
bytes, counts by qemu-user what the kernels take, and prints a table. Needs g++-aarch64-linux-gnu and qemu-user. The folder
holds the headers of xtensor and its like, where the cross compiler does not find them by itself.
HELP
}
case "${1:-}" in
-h | --help) usage && exit ;;
-*) usage >&2 && exit 2 ;;
esac
headers=()
[ $# = 0 ] || headers=(-isystem "$(cd "$1" && pwd)")
cd "$(dirname "$0")/../.."

emulator=$(command -v qemu-aarch64 || command -v qemu-aarch64-static) ||
    { echo "qemu-aarch64 was not found: apt-get install qemu-user" >&2 && exit 2; }
command -v aarch64-linux-gnu-g++ >/dev/null ||
    { echo "aarch64-linux-gnu-g++ was not found: apt-get install g++-aarch64-linux-gnu" >&2 && exit 2; }
each=$("$emulator" --help | grep -o -e '-one-insn-per-tb' -e '-singlestep' | head -n 1)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

build() { # NAME FLAGS
    local name=$1
    shift
    # The linker's warning is about libgomp, which would load plug-ins for other devices.
    aarch64-linux-gnu-g++ -std=c++20 -O3 -fopenmp -static -Wl,--no-warnings -Iinclude "${headers[@]}" "$@" \
        tests/platforms/instructions.cpp -o "$folder/$name"
}
build generic -DTRINE_ISA_GENERIC
build neon
build bytes -march=armv8.2-a+dotprod

count() { # PROGRAM KERNEL TIMES: instructions
    OMP_NUM_THREADS=1 "$emulator" -cpu max "$each" -d exec,nochain -D /dev/stdout "$folder/$1" "$2" "$3" | grep -c ^Trace
}
echo "| instructions per 100 multiplications | generic | NEON | NEON, products of bytes |"
echo "|---|---|---|---|"
for kernel in direct winograd depthwise distances codes16 codes8 halves; do
    row="| $kernel |"
    for program in generic neon bytes; do
        one=$(count $program $kernel 1) three=$(count $program $kernel 3)
        work=$("$emulator" -cpu max "$folder/$program" $kernel 0)
        row+=$(awk -v i=$(((three - one) / 2)) -v w="$work" 'BEGIN { printf " %.1f |", 100 * i / w }')
    done
    echo "$row"
done
