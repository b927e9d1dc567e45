#!/bin/bash
# Sets everything up, then trains, enrols and recognises; or builds and runs the tests.
set -euo pipefail
cd "$(dirname "$0")"

packages=(g++ make cmake libxtensor-dev libxtensor-blas-dev libopenblas-openmp-dev nlohmann-json3-dev
          libjpeg-dev libpng-dev libhnswlib-dev libcli11-dev catch2)

# The report of train_faces takes Chart.js, which npm fetches; its test opens it in a browser.
add_report_packages() { command -v npm >/dev/null || packages+=(npm); }
add_browser_packages() { command -v chromium >/dev/null || packages+=(chromium fonts-dejavu-core); }
test_packages=(pkgconf libwebp-dev libgif-dev libtiff-dev)
# A program for this processor is shown an older one.
add_emulator_packages() {
    [ "$(uname -m)" != x86_64 ] || command -v qemu-x86_64 >/dev/null || command -v qemu-x86_64-static >/dev/null ||
        packages+=(qemu-user)
}
optional_packages=() # what newer systems have no more, and a test is left out for
add_layout_packages() { optional_packages+=(clang-format-14 clang-tidy-14); }
fuzz_packages=(clang libclang-rt-dev libomp-dev) # libFuzzer is Clang's
add_mpi_packages() { command -v mpicxx >/dev/null || optional_packages+=(libopenmpi-dev openmpi-bin); }
site_packages=(doxygen mkdocs python3-pygments linkchecker)

usage() {
    cat <<'HELP'
usage: ./quickstart.sh                 install what is missing, build, train on drawn faces and recognise
       ./quickstart.sh --data FOLDER   the same with your own photos, one sub-folder per person
       ./quickstart.sh --report FOLDER and leave the training behind as a page for a browser (installs npm)
       ./quickstart.sh exercises       install what is missing and build the grader of the course's exercises
       ./quickstart.sh course          install what is missing and build the programs of the course in docs/guide
       ./quickstart.sh docs            install what is missing, make the site of all documents and check its links
       ./quickstart.sh --offline FILE  pack the project with all that the course takes into FILE, for a room without network
       ./quickstart.sh test            install what is missing, build and run all tests
       ./quickstart.sh fuzz [SECONDS]  install what is missing, and fuzz every reader of files for so long (60)
       ./quickstart.sh --help          this text

Further options after --data FOLDER or on their own go to train_faces (see build/release/examples/train_faces --help).
HELP
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

can_be_root() {
    [ "$(id -u)" = 0 ] || { command -v sudo >/dev/null && sudo -n true 2>/dev/null; } ||
        { command -v sudo >/dev/null && [ -t 0 ]; }
}

is_debian() { command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; }

# What installs the same elsewhere, as far as that system has it.
say_what_is_needed() {
    local how
    if command -v dnf >/dev/null; then
        how="dnf install gcc-c++ make cmake xtensor-devel xtensor-blas-devel openblas-devel json-devel libjpeg-turbo-devel libpng-devel CImg-devel cli11-devel catch-devel"
    elif command -v pacman >/dev/null; then
        how="pacman -S --needed base-devel cmake xtensor xtensor-blas openblas nlohmann-json libjpeg-turbo libpng cimg cli11 catch2"
    elif command -v brew >/dev/null; then
        how="brew install cmake libomp openblas xtensor nlohmann-json jpeg-turbo libpng cimg cli11 catch2"
    else
        how="conda install -c conda-forge cxx-compiler make cmake xtensor xtensor-blas openblas nlohmann_json libjpeg-turbo libpng cimg cli11 catch2"
    fi
    echo "This is not a Debian system, so nothing was installed for you. Something is missing, see above; this may install it:" >&2
    echo "    $how" >&2
    echo "Then run this again. What a system does not have (CImg.h, xtensor-blas) may be put anywhere that CMAKE_PREFIX_PATH names; docs/platforms.md says more." >&2
}

is_installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

# What --offline packed: packages, as a source that apt may use in place of all others.
offline=$PWD/offline
apt_sources=()
use_offline_packages() {
    [ -d "$offline/packages" ] || return 0
    local lists=$PWD/build/offline
    mkdir -p "$lists/lists/partial"
    echo "deb [trusted=yes] file:${offline// /%20}/packages ./" >"$lists/sources.list"
    apt_sources=(-o "Dir::Etc::sourcelist=$lists/sources.list" -o Dir::Etc::sourceparts=/dev/null
                 -o "Dir::State::lists=$lists/lists" -o APT::Sandbox::User=root)
}

install_packages() {
    is_debian || return 0 # CMake looks for what there is
    use_offline_packages
    local missing=() optional=() package
    for package in "${packages[@]}"; do
        is_installed "$package" || missing+=("$package")
    done
    if [ ${#missing[@]} -gt 0 ] && ! can_be_root; then
        echo "These packages are missing, and installing them needs root or sudo. Please run:" >&2
        echo "    apt-get install --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi
    if can_be_root; then
        for package in "${optional_packages[@]}"; do is_installed "$package" || optional+=("$package"); done
        # Lists of packages may be old, or not there at all.
        if [ ${#missing[@]} -gt 0 ] || { [ ${#optional[@]} -gt 0 ] && ! apt-cache show base-files >/dev/null 2>&1; }; then
            as_root apt-get "${apt_sources[@]}" update -qq
        fi
        for package in "${optional[@]}"; do
            ! apt-cache "${apt_sources[@]}" show "$package" >/dev/null 2>&1 || missing+=("$package")
        done
    fi
    if [ ${#missing[@]} -gt 0 ]; then
        echo "Installing ${missing[*]} ..."
        as_root env DEBIAN_FRONTEND=noninteractive apt-get "${apt_sources[@]}" install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
    fi
}

install_missing() {
    install_packages
    # CImg is one header, but its package pulls in OpenCV and Qt: take the header out of the package and leave the rest.
    if [ -e "$offline/CImg.h" ] && [ ! -e build/_cimg/CImg.h ]; then
        mkdir -p build/_cimg
        cp "$offline/CImg.h" build/_cimg/
    fi
    if is_debian && [ ! -e /usr/include/CImg.h ] && [ ! -e build/_cimg/CImg.h ]; then
        mkdir -p build/_cimg
        fetch_cimg build/_cimg
    fi
}

# One header, out of its package: fetch_cimg FOLDER
fetch_cimg() {
    echo "Fetching CImg.h ..."
    local folder; folder=$(mktemp -d)
    chmod 755 "$folder"
    chown _apt "$folder" 2>/dev/null || true # apt fetches as a user of its own where it can
    if ! (cd "$folder" && apt-get download -qq cimg-dev); then
        rm -rf "$folder"
        echo "Could not fetch the package cimg-dev. Please put CImg.h into build/_cimg/ and run this again." >&2
        exit 1
    fi
    dpkg-deb -x "$folder"/cimg-dev_*.deb "$folder"
    cp "$folder/usr/include/CImg.h" "$1/"
    rm -rf "$folder"
}

# The project with all packages that a bare system of this kind lacks for the course: pack FILE
pack() {
    local target=$1 folder all
    if ! is_debian; then
        echo "--offline packs Debian's packages, and this is not a Debian system." >&2
        exit 1
    fi
    if [ -e "$target" ]; then
        echo "$target: is there already" >&2
        exit 1
    fi
    umask 077
    pack_folder=$(mktemp -d "$(dirname "$target")/.offline-XXXXXX")
    trap 'rm -rf "$pack_folder"' EXIT
    folder=$pack_folder
    all=$folder/trine/offline
    mkdir -p "$all/packages/partial" "$folder/apt/lists/partial"
    if ! git archive --prefix=trine/ HEAD 2>/dev/null | tar -x -C "$folder" 2>/dev/null; then
        tar --exclude=./build --exclude="./$(basename "$folder")" --exclude=./.git -c . | tar -x -C "$folder/trine"
    fi
    # As if nothing were installed, so that nothing is left out.
    : >"$folder/apt/status"
    echo "Fetching packages ..."
    local mine=(-o "Dir::State::status=$folder/apt/status" -o "Dir::Cache::archives=$all/packages"
                -o Debug::NoLocking=1 -o APT::Sandbox::User=root)
    apt-get "${mine[@]}" install -y -qq --no-install-recommends --download-only "${packages[@]}" >/dev/null
    rm -rf "$all/packages/partial" "$all/packages/lock"
    (
        cd "$all/packages"
        for package in *.deb; do
            dpkg-deb -f "$package"
            echo "Filename: ./$package"
            echo "Size: $(stat -c %s "$package")"
            echo "SHA256: $(sha256sum "$package" | cut -d ' ' -f 1)"
            echo
        done >Packages
    )
    if [ -e /usr/include/CImg.h ]; then cp /usr/include/CImg.h "$all/"
    elif [ -e build/_cimg/CImg.h ]; then cp build/_cimg/CImg.h "$all/"
    else fetch_cimg "$all"; fi
    local script=build/release/examples/report/node_modules/chart.js/dist/chart.umd.min.js
    [ ! -e "$script" ] || cp "$script" "$all/" # the page of train_faces --report
    [ ! -d build/site/site ] || cp -r build/site/site "$folder/trine/site" # the documents and slides, where they are made
    # Whatever user unpacks it, apt's own user has to read it.
    chmod -R u+rwX,go+rX "$folder/trine"
    tar -c -C "$folder" --owner=0 --group=0 -f "$folder/packed" trine
    mv "$folder/packed" "$target"
    echo "$target: the project and $(find "$all/packages" -name '*.deb' | wc -l) packages, $(($(stat -c %s "$target") / 1000000)) MB"
}

processors() { nproc 2>/dev/null || getconf _NPROCESSORS_ONLN; }

build() {
    if ! command -v cmake >/dev/null; then
        echo "cmake was not found." >&2
        is_debian || say_what_is_needed
        exit 1
    fi
    local found=()
    [ ! -e "$offline/chart.umd.min.js" ] || found=(-DTRINE_CHART_JS="$offline/chart.umd.min.js")
    # Larger networks take minutes to compile, and are for those who ask for them; where they have been built, they stay.
    if [ "$1" = ON ]; then
        found+=(-DTRINE_NETWORKS=all)
    elif [ ! -e build/release/CMakeCache.txt ]; then
        found+=("-DTRINE_NETWORKS=grey64;grey112x92;colour96;mobile_face_net")
    fi
    if ! cmake --preset release ${found[@]+"${found[@]}"} -DTRINE_BUILD_TESTS="$1" -DTRINE_BUILD_EXAMPLES="$2" -DTRINE_BUILD_BENCHMARKS="$1" >build/configure.log; then
        cat build/configure.log
        is_debian || say_what_is_needed
        exit 1
    fi
    shift 2
    echo "Building with $(processors) processes ..."
    cmake --build --preset release --parallel "$(processors)" "$@"
}

case "${1:-}" in
-h | --help)
    usage
    ;;
test)
    add_report_packages
    add_browser_packages
    add_emulator_packages
    add_layout_packages
    add_mpi_packages
    packages+=("${site_packages[@]}" "${test_packages[@]}")
    install_missing
    mkdir -p build
    build ON ON
    ctest --preset release --output-on-failure --parallel "$(processors)"
    ;;
--offline)
    [ $# = 2 ] || { usage >&2; exit 1; }
    pack "$2"
    ;;
exercises)
    install_missing
    mkdir -p build
    build OFF ON --target exercise
    echo "The grader is built. Write examples/exercises/00_unit_length.cpp, and say build/release/exercise 0; docs/guide/README.md has the rest."
    ;;
course)
    install_missing
    mkdir -p build
    build OFF ON --target course
    echo "The programs of the course are built. Begin with docs/guide/README.md; they are run from this folder."
    ;;
fuzz)
    [ $# -le 2 ] || { usage >&2; exit 2; }
    packages+=("${fuzz_packages[@]}" libwebp-dev libgif-dev libtiff-dev)
    install_missing
    exec tests/fuzz/run.sh "${2:-60}"
    ;;
docs)
    packages=("${site_packages[@]}")
    install_packages
    exec docs/site/build.sh build/site
    ;;
*)
    case " $* " in *" --report"*) add_report_packages ;; esac
    install_missing
    mkdir -p build
    build OFF ON --target train_faces
    exec build/release/examples/train_faces "$@"
    ;;
esac
