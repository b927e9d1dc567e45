#!/bin/bash
# Fuzzes the readers: tests/fuzz/run.sh SECONDS [TARGET...]
#
# Builds the targets with Clang in build/fuzz, writes what they begin with, runs each so many seconds, as many at a time
# as there are processors, and prints a table. What ends a target is left in build/fuzz/findings, and the exit code is 1
# then. Inputs that led further are kept in build/fuzz/corpus for the next run. TRINE_FUZZ_JOBS is how many run at a
# time, if not one a processor; TRINE_FUZZ_SEED a number from which the same inputs follow every time.
set -euo pipefail
cd "$(dirname "$0")/../.."

usage="usage: tests/fuzz/run.sh SECONDS [TARGET...]"
if [ $# -lt 1 ] || ! [[ $1 =~ ^[1-9][0-9]{0,5}$ ]]; then
    echo "$usage" >&2
    exit 2
fi
seconds=$1
shift

packages="clang libclang-rt-dev libomp-dev"
compiler=
for name in "${CXX:-}" clang++ clang++-{19..14}; do
    if [ -n "$name" ] && command -v "$name" >/dev/null && "$name" --version | grep -q clang; then
        compiler=$name
        break
    fi
done
if [ -z "$compiler" ]; then
    echo "fuzzing needs Clang, to which libFuzzer belongs. On Debian: apt-get install $packages" >&2
    exit 2
fi

build=build/fuzz
mkdir -p $build
launcher=()
command -v ccache >/dev/null && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
if ! { cmake -S . -B $build -DCMAKE_CXX_COMPILER="$compiler" -DTRINE_BUILD_FUZZERS=ON -DTRINE_BUILD_TESTS=OFF \
           -DTRINE_BUILD_EXAMPLES=OFF -DTRINE_BUILD_COMPILED=OFF -DTRINE_NATIVE=OFF "${launcher[@]}" &&
       cmake --build $build --parallel "${TRINE_FUZZ_JOBS:-$(nproc)}" --target fuzzers; } >$build/build.log 2>&1; then
    grep -m 20 -E 'rror|cannot find' $build/build.log >&2 || tail -20 $build/build.log >&2
    echo "the fuzzers could not be built: see $build/build.log; on Debian they need $packages" >&2
    exit 2
fi
binaries=$build/tests/fuzz
mapfile -t all < <(cd $binaries && ls fuzz_* | sed 's/^fuzz_//'; echo gallery_operations)
targets=("${@:-${all[@]}}")
for target in "${targets[@]}"; do
    if [ "$target" != gallery_operations ] && [ ! -x "$binaries/fuzz_$target" ]; then
        echo "there is no target $target; there are: ${all[*]}" >&2
        exit 2
    fi
done

rm -rf $build/seeds
$binaries/make_corpus $build/seeds
findings=$build/findings
mkdir -p $findings $build/logs

# What one reader needs at most: photos are the largest, of 2¹⁶ pixels.
run_one() {
    local target=$1 log=$build/logs/$1.log status=0
    if [ "$target" = gallery_operations ]; then
        local seed=${TRINE_FUZZ_SEED:-$(date +%s)}000
        (cd $findings && OMP_NUM_THREADS=1 "$OLDPWD/$binaries/gallery_operations" "$seconds" "$seed") \
            >"$log" 2>&1 || status=$?
    else
        local dictionary=tests/fuzz/dictionaries/$target.dict options=(-seed="${TRINE_FUZZ_SEED:-0}") # 0: another each time
        [ -f "$dictionary" ] && options=(-dict="$dictionary")
        mkdir -p "$build/corpus/$target"
        OMP_NUM_THREADS=1 ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 \
            "$binaries/fuzz_$target" -max_total_time="$seconds" -timeout=30 -rss_limit_mb=1024 -malloc_limit_mb=512 \
            -max_len=8192 -print_final_stats=1 -artifact_prefix="$findings/$target-" "${options[@]}" \
            "$build/corpus/$target" "$build/seeds/$target" >"$log" 2>&1 || status=$?
    fi
    echo $status >"$build/logs/$target.status"
}

for target in "${targets[@]}"; do
    while [ "$(jobs -rp | wc -l)" -ge "${TRINE_FUZZ_JOBS:-$(nproc)}" ]; do
        wait -n || true
    done
    run_one "$target" &
done
wait

found=0
printf '| %-18s | %11s | %6s | %9s |\n|---|---:|---:|---:|\n' target executions edges findings
for target in "${targets[@]}"; do
    log=$build/logs/$target.log
    status=$(cat "$build/logs/$target.status")
    if [ "$target" = gallery_operations ]; then
        runs=$(sed -n 's/^.* sequences, \([0-9]*\) operations.*/\1/p' "$log")
        edges=-
    else
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
        edges=$(grep -o 'cov: [0-9]*' "$log" | tail -1 | cut -c6-)
    fi
    bad=0
    [ "$status" = 0 ] || bad=1 found=1
    printf '| %-18s | %11s | %6s | %9s |\n' "$target" "${runs:--}" "${edges:--}" $bad
done
if [ -s "$build/logs/gallery_operations.log" ] && [[ " ${targets[*]} " = *" gallery_operations "* ]]; then
    echo
    tail -1 "$build/logs/gallery_operations.log"
fi
if [ $found = 1 ]; then
    echo
    for target in "${targets[@]}"; do
        if [ "$(cat "$build/logs/$target.status")" != 0 ]; then
            echo "$target: see $build/logs/$target.log"
            grep -m 3 -E 'ERROR|runtime error|^seed|SUMMARY|written to' "$build/logs/$target.log" | cut -c1-300 || true
        fi
    done
    echo "the inputs are in $findings; one is run again by $binaries/fuzz_TARGET FILE"
    exit 1
fi
