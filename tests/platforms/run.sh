#!/bin/bash
# Builds and tests this project on systems that are bare but for what its own scripts install.
set -euo pipefail

usage() {
    cat <<'HELP'
usage: tests/platforms/run.sh [OPTION]… [WHAT]…

Sets up bare Debian systems in folders, from the mirror that apt is set up for here, copies the last commit into them,
and runs there what is named; without a name all of it. Prints a table of what passed; everything else is in logs.

  bookworm trixie forky     ./quickstart.sh and ./quickstart.sh test, on Debian 12, 13 and testing
  aarch64 armhf riscv64     all unit tests, compiled on trixie for that processor and run by qemu-user
  compilers                 GCC 12 to 16, Clang 14 to 22, with libstdc++ and libc++, as these systems have them: all
                            headers without a warning, as a user's, and the unit tests of kernels, neighbors and
                            objectives
  blas                      all unit tests on trixie, with the pthread and with the serial build of OpenBLAS
  windows                   files and galleries, compiled by MinGW-w64 on bookworm and run by Wine
  processors                programs for newer processors on models of older ones, by qemu-user

options:
  --roots FOLDER   where systems are kept, to be used again (default: build/platforms; a system takes 2 to 5 GB)
  --fresh          set up the systems that are needed anew
  --jobs N         processes of a build (default: one a processor)
  --quick          of bookworm, trixie and forky: ./quickstart.sh, and of the tests all unit tests alone
  --only REGEX     of compilers, those whose names match, as "GCC 1[35]|Clang 22"
  --headers-only   of compilers, compile the headers, and build no tests
  --ccache         share this machine's ccache with the systems
  --mirror URL     Debian's packages from there
  --help           this text

Needs root, debootstrap, and for other processors qemu-user-static. Exits with 1 when anything failed.
HELP
}

fail() {
    echo "run.sh: $*" >&2
    exit 2
}

root_of_project=$(cd "$(dirname "$0")/../.." && pwd)
roots="$root_of_project/build/platforms"
fresh=no quick=no headers_only=no ccache=no mirror="" only="" jobs=$(nproc) systems=()
every=(bookworm trixie forky aarch64 armhf riscv64 compilers blas windows processors)
arguments=("$@")
while [ $# -gt 0 ]; do
    case "$1" in
    -h | --help) usage && exit ;;
    --fresh) fresh=yes ;;
    --quick) quick=yes ;;
    --headers-only) headers_only=yes ;;
    --ccache) ccache=yes ;;
    --roots | --jobs | --mirror | --only)
        [ $# -gt 1 ] || fail "$1 needs a value; see --help"
        case "$1" in
        --roots) roots=$2 ;;
        --jobs) jobs=$2 ;;
        --only) only=$2 ;;
        --mirror) mirror=$2 ;;
        esac
        shift
        ;;
    -*) fail "there is no option $1; see --help" ;;
    *)
        case " ${every[*]} " in *" $1 "*) systems+=("$1") ;; *) fail "there is no $1: there are ${every[*]}" ;; esac
        ;;
    esac
    shift
done
[[ $jobs =~ ^[1-9][0-9]*$ ]] || fail "--jobs: must be a whole number above 0, not $jobs"
[ ${#systems[@]} -gt 0 ] || systems=("${every[@]}")
[ "$(id -u)" = 0 ] || fail "setting up systems in folders needs root: run it as root or with sudo"
command -v debootstrap >/dev/null || fail "debootstrap was not found: apt-get install debootstrap"
case " ${systems[*]} " in *" aarch64 "* | *" armhf "* | *" riscv64 "* | *" processors "*)
    command -v qemu-x86_64-static >/dev/null || fail "qemu was not found: apt-get install qemu-user-static" ;;
esac
# What is mounted into the systems is seen by this script alone, and is gone when it ends.
[ "${TRINE_PLATFORMS_UNSHARED:-}" = yes ] ||
    TRINE_PLATFORMS_UNSHARED=yes exec unshare --mount --propagation private "$0" "${arguments[@]}"

mkdir -p "$roots/logs"
roots=$(cd "$roots" && pwd)
table="$roots/logs/table.txt"
: >"$table"
failures=0
if [ -z "$mirror" ]; then
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' |
        head -n 1)
    [ -n "$mirror" ] ||
        fail "apt knows no mirror of Debian here, or no list of it yet: apt-get update, or name one with --mirror"
fi

row() { printf '%-10s  %-58s  %-7s  %s\n' "$@" | tee -a "$table"; }

# check SYSTEM WHAT LOG COMMAND…: runs the command, and adds a line to the table.
check() {
    local system=$1 what=$2 log="$roots/logs/$3" begin=$SECONDS result=passed
    shift 3
    "$@" >"$log" 2>&1 </dev/null || result=failed
    [ $result = passed ] || failures=$((failures + 1))
    row "$system" "$what" $result "$(((SECONDS - begin) / 60)):$(printf %02d $(((SECONDS - begin) % 60)))"
    [ $result = passed ] || { echo "    $log ends:" && tail -n 5 "$log" | sed 's/^/    /'; }
}

# What Catch2 said at the end: summary LOG
summary() { grep -hE '^(All tests passed|test cases:|assertions:)' "$roots/logs/$1" | sed 's/^/    /' || true; }

# Sets a bare system up, once, with a fresh clone of the project in /root/trine.
set_up() {
    local name=$1 suite=${2:-$1} folder="$roots/$1" script=()
    if [ $fresh = yes ] && [ ! -e "$folder/.of_this_run_$$" ]; then rm -rf --one-file-system "$folder"; fi
    if [ ! -e "$folder/.complete" ]; then
        [ -e "/usr/share/debootstrap/scripts/$suite" ] || script=(sid) # newer than debootstrap knows
        rm -rf --one-file-system "$folder"
        echo "Setting up $name ..."
        debootstrap --variant=minbase "$suite" "$folder" "$mirror" "${script[@]}" \
            >"$roots/logs/$name.debootstrap" 2>&1 ||
            fail "debootstrap $suite failed; see $roots/logs/$name.debootstrap"
        apt-config dump | grep -E '^Acquire::(http|https|Check-)' >"$folder/etc/apt/apt.conf.d/90machine" || true
        echo force-unsafe-io >"$folder/etc/dpkg/dpkg.cfg.d/90machine" # a system that is lost is set up again
        touch "$folder/.complete"
    fi
    if command -v npm >/dev/null; then # asks whom it asks here
        echo "registry=$(npm config get registry)" >"$folder/root/.npmrc"
        local authorities
        authorities=$(npm config get cafile)
        if [ -f "$authorities" ]; then
            cp "$authorities" "$folder/root/.npm_authorities.pem"
            echo "cafile=/root/.npm_authorities.pem" >>"$folder/root/.npmrc"
        fi
    fi
    touch "$folder/.of_this_run_$$"
    cp -L /etc/resolv.conf "$folder/etc/resolv.conf"
    if ! mountpoint -q "$folder/proc"; then
        mount -t proc proc "$folder/proc"
        mount --rbind /dev "$folder/dev"
        mount --rbind /sys "$folder/sys" # where processors are described
        if [ $ccache = yes ] && command -v ccache >/dev/null; then
            mkdir -p "$folder/root/.cache/ccache"
            mount --bind "$(ccache --get-config cache_dir)" "$folder/root/.cache/ccache"
        fi
    fi
    rm -rf "$folder/root/trine"
    git -c safe.directory='*' clone --quiet "$root_of_project" "$folder/root/trine"
    [ $ccache = no ] || install_packages "$name" ccache >"$roots/logs/$name.ccache" 2>&1
}

# within SYSTEM COMMANDS: runs them there, in the project's folder.
within() {
    local environment=(HOME=/root LANG=C.UTF-8 PATH=/usr/local/bin:/usr/bin:/usr/sbin:/bin:/sbin)
    [ $ccache = no ] || environment+=(CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_BASEDIR=/root/trine
        CCACHE_SLOPPINESS=pch_defines,time_macros)
    chroot "$roots/$1" /usr/bin/env -i "${environment[@]}" bash -euo pipefail -c "cd /root/trine && $2"
}

install_packages() { # SYSTEM PACKAGES
    within "$1" "export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq && apt-get install -y -qq --no-install-recommends $2"
}

fetch_cimg() {
    within "$1" "mkdir -p build/_cimg && cd /tmp && rm -f cimg-dev_*.deb && apt-get download -qq cimg-dev &&
        dpkg-deb -x cimg-dev_*.deb cimg && cp cimg/usr/include/CImg.h /root/trine/build/_cimg/"
}

install_dependencies() { # what quickstart.sh test installs, but for what its tests of documents and pages need
    install_packages "$1" "g++ make cmake ninja-build libxtensor-dev libxtensor-blas-dev libopenblas-openmp-dev \
        nlohmann-json3-dev libjpeg-dev libpng-dev libhnswlib-dev libcli11-dev catch2 ${2:-}"
    fetch_cimg "$1"
}

# The README's two commands, as a new user runs them.
both_commands() {
    set_up "$1"
    check "$1" "./quickstart.sh" "$1.quickstart" within "$1" "./quickstart.sh && test -s output/model.safetensors"
    if [ $quick = yes ]; then
        check "$1" "all unit tests" "$1.unit" within "$1" "cmake --preset release -DTRINE_BUILD_TESTS=ON &&
            cmake --build build/release --parallel $jobs --target trine_tests &&
            build/release/tests/trine_tests '~[vectors]~[photos]'"
        summary "$1.unit"
        return
    fi
    check "$1" "./quickstart.sh test" "$1.test" within "$1" "./quickstart.sh test"
    grep -hE '^[0-9]+% tests passed' "$roots/logs/$1.test" | tail -n 1 | sed 's/^/    /' || true
}

# Cross-compiled on trixie, whose packages for the other processor lie beside its own.
other_processor() {
    local name=$1 debian=$2 triplet=$3 qemu=$4 suite="trixie_for_$1"
    set_up "$suite" trixie
    prepare() {
        within "$suite" "dpkg --add-architecture $debian"
        install_packages "$suite" "g++-$triplet make ninja-build cmake qemu-user-static libxtensor-dev \
            libxtensor-blas-dev libopenblas-openmp-dev:$debian nlohmann-json3-dev libjpeg-dev:$debian libpng-dev:$debian libhnswlib-dev \
            libcli11-dev libcatch2-dev:$debian libstdc++6:$debian libgomp1:$debian"
        fetch_cimg "$suite"
    }
    check "$name" "packages" "$name.packages" prepare
    check "$name" "all unit tests compile" "$name.build" within "$suite" "cmake -S . -B build/cross -G Ninja \
        -DCMAKE_BUILD_TYPE=Release -DCMAKE_TOOLCHAIN_FILE=tests/platforms/cross.cmake -DTRINE_TRIPLET=$triplet \
        -DTRINE_EMULATOR=$qemu -DTRINE_NATIVE=OFF -DTRINE_BUILD_TESTS=ON -DTRINE_BUILD_EXAMPLES=ON &&
        ninja -C build/cross -j $jobs trine_tests"
    check "$name" "all unit tests" "$name.test" within "$suite" \
        "cd build/cross && $qemu tests/trine_tests '~[vectors]~[photos]'"
    summary "$name.test"
    [ "$name" = aarch64 ] || return 0
    check "$name" "kernels with products of bytes" "$name.bytes" within "$suite" "cmake -S . -B build/bytes -G Ninja \
        -DCMAKE_BUILD_TYPE=Release -DCMAKE_TOOLCHAIN_FILE=tests/platforms/cross.cmake -DTRINE_TRIPLET=$triplet \
        -DTRINE_EMULATOR=$qemu -DTRINE_NATIVE=OFF -DCMAKE_CXX_FLAGS=-march=armv8.2-a+dotprod -DTRINE_BUILD_TESTS=ON &&
        ninja -C build/bytes -j $jobs trine_kernel_tests && $qemu -cpu max build/bytes/tests/trine_kernel_tests"
    summary "$name.bytes"
    check "$name" "instructions counted" "$name.instructions" within "$suite" tests/platforms/instructions.sh
    grep -h '^|' "$roots/logs/$name.instructions" | sed 's/^/    /' || true
}

# compiler SYSTEM NAME COMMAND PACKAGES FLAGS
compiler() {
    local system=$1 name=$2 command=$3 packages=$4 flags=${5:-} folder="build/by_${2// /_}"
    [[ $name =~ ^($only)$ ]] || [ -z "$only" ] || return 0
    install_packages "$system" "$packages" >"$roots/logs/compiler_${name// /_}.packages" 2>&1 ||
        { failures=$((failures + 1)) && row "$system" "$name" absent - && return; }
    local log="compiler_${name// /_}"
    check "$system" "$name: headers without a warning" "$log.headers" within "$system" \
        "tests/platforms/headers.sh $command $flags"
    # Packages of Catch2 3 hold a library, made with libstdc++ by the system's own GCC: others link it from that edition on.
    { [ $headers_only = no ] && ! { [ $system != bookworm ] && [[ $flags = *libc++* ]]; } &&
        [ "$system $name" != "trixie GCC 13" ]; } || return 0
    check "$system" "$name: kernels, neighbors, objectives" "$log.test" within "$system" \
        "tests/platforms/some_tests.sh $folder $jobs $command $flags"
    summary "$log.test"
}

compilers() {
    local version system
    for system in bookworm trixie forky; do
        set_up $system
        check $system "packages" "$system.packages" install_dependencies $system
    done
    compiler bookworm "GCC 12" g++-12 g++-12
    for version in 14 15 16; do
        compiler bookworm "Clang $version" clang++-$version "clang-$version libomp-$version-dev"
    done
    compiler bookworm "Clang 14 with libc++" clang++-14 \
        "clang-14 libomp-14-dev libc++-14-dev libc++abi-14-dev" -stdlib=libc++
    for version in 13 14; do
        compiler trixie "GCC $version" g++-$version g++-$version
    done
    for version in 17 18 19; do
        compiler trixie "Clang $version" clang++-$version "clang-$version libomp-$version-dev"
    done
    compiler trixie "Clang 19 with libc++" clang++-19 \
        "clang-19 libomp-19-dev libc++-19-dev libc++abi-19-dev" -stdlib=libc++
    for version in 15 16; do
        compiler forky "GCC $version" g++-$version g++-$version
    done
    for version in 21 22; do
        compiler forky "Clang $version" clang++-$version "clang-$version libomp-$version-dev"
    done
    compiler forky "Clang 22 with libc++" clang++-22 \
        "clang-22 libomp-22-dev libc++-22-dev libc++abi-22-dev" -stdlib=libc++
}

# The builds of OpenBLAS are one library in three folders: the same program meets each.
blas() {
    local build
    set_up trixie
    check trixie packages blas.packages install_dependencies trixie "libopenblas-pthread-dev libopenblas-serial-dev"
    check trixie "unit tests compile" blas.build within trixie "cmake -S . -B build/blas -G Ninja \
        -DCMAKE_BUILD_TYPE=Release -DTRINE_BUILD_TESTS=ON -DTRINE_BUILD_EXAMPLES=ON &&
        ninja -C build/blas -j $jobs trine_tests train_faces"
    for build in openmp pthread serial; do
        check trixie "unit tests, OpenBLAS $build" "blas.$build" within trixie "cd build/blas &&
            export LD_LIBRARY_PATH=\$(dirname /usr/lib/*/openblas-$build/libopenblas.so.0) &&
            ldd tests/trine_tests | grep openblas-$build && tests/trine_tests '~[vectors]~[photos]'"
        summary "blas.$build"
    done
    check trixie "the same model by all three, by 1 and 2 threads" blas.bits within trixie "
        for build in openmp pthread serial; do for threads in 1 2; do
            export LD_LIBRARY_PATH=\$(dirname /usr/lib/*/openblas-\$build/libopenblas.so.0)
            build/blas/examples/train_faces --epochs 3 --synthetic-people 10 --synthetic-photos 6 \
                --threads \$threads --output /tmp/model >/dev/null
            sha256sum </tmp/model/model.safetensors
        done; done | tee /dev/stderr | uniq | wc -l | grep -x 1"
}

processors() {
    set_up trixie
    check trixie packages processors.packages install_dependencies trixie qemu-user
    check trixie "custom_miner for this processor compiles" processors.native within trixie "cmake -S . \
        -B build/native -G Ninja -DTRINE_BUILD_TESTS=OFF && ninja -C build/native -j $jobs custom_miner"
    check trixie "on a Nehalem it says what that lacks" processors.message within trixie \
        "{ qemu-x86_64 -cpu Nehalem build/native/examples/custom_miner 2>&1 || true; } | tee /dev/stderr |
            grep 'This one lacks: .*avx'"
    check trixie "custom_miner for all processors compiles" processors.baseline within trixie "cmake -S . \
        -B build/baseline -G Ninja -DTRINE_BUILD_TESTS=OFF -DTRINE_NATIVE=OFF &&
        ninja -C build/baseline -j $jobs custom_miner"
    check trixie "and runs on a Nehalem" processors.run within trixie \
        "qemu-x86_64 -cpu Nehalem build/baseline/examples/custom_miner | tee /dev/stderr | grep 'epoch 10  loss'"
}

windows() {
    set_up bookworm
    prepare() {
        install_packages bookworm "g++-mingw-w64-x86-64-posix wine wine64 libhnswlib-dev \
            libxtensor-blas-dev libxtensor-dev nlohmann-json3-dev"
        # What is headers alone serves every system, but not the rest of /usr/include.
        within bookworm "mkdir -p build/windows/include && ln -sfn /usr/include/{hnswlib,nlohmann,xflens,xsimd,xtensor,xtensor-blas,xtl} \
            build/windows/include/"
    }
    check windows packages windows.packages prepare
    check windows "all headers compile" windows.headers within bookworm \
        "echo '#include <trine/trine.hpp>' | x86_64-w64-mingw32-g++-posix -std=c++20 -fsyntax-only -fopenmp -Iinclude \
            -isystem build/windows/include -x c++ -"
    check windows "files and galleries compile" windows.build within bookworm \
        "x86_64-w64-mingw32-g++-posix -std=c++20 -O1 -fopenmp -Wall -Wextra -Werror -Iinclude \
            -isystem build/windows/include tests/platforms/windows.cpp -o build/windows/windows.exe -static"
    check windows "files and galleries, by Wine" windows.test within bookworm \
        "WINEPREFIX=/root/trine/build/windows/wine WINEDEBUG=-all wine build/windows/windows.exe"
    grep -h 'checks of files' "$roots/logs/windows.test" | sed 's/^/    /' || true
}

begin=$SECONDS
for system in "${systems[@]}"; do
    case $system in
    bookworm | trixie | forky) both_commands $system ;;
    aarch64) other_processor aarch64 arm64 aarch64-linux-gnu qemu-aarch64-static ;;
    armhf) other_processor armhf armhf arm-linux-gnueabihf qemu-arm-static ;;
    riscv64) other_processor riscv64 riscv64 riscv64-linux-gnu qemu-riscv64-static ;;
    *) $system ;;
    esac
done
echo
commit=$(git -C "$root_of_project" -c safe.directory='*' log -1 --format=%h)
echo "commit $commit, $(date -u +%F), $(((SECONDS - begin) / 60)) minutes; logs in $roots/logs:"
cat "$table"
[ $failures = 0 ]
